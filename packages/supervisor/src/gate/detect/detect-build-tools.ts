import type { Clue, ProjectFiles } from './project-files.ts'

/** Maven and Gradle, by their wrapper where the project has one. */
export async function detectJvm(project: ProjectFiles): Promise<readonly Clue[]> {
  if (await project.has('pom.xml')) {
    const wrapped = await project.has('mvnw')
    return [
      {
        command: wrapped ? './mvnw -B test' : 'mvn -B test',
        because: wrapped ? 'pom.xml, with mvnw' : 'pom.xml',
      },
    ]
  }
  const build = await project.firstOf([
    'build.gradle',
    'build.gradle.kts',
    'settings.gradle',
    'settings.gradle.kts',
  ])
  if (build === null) return []
  const wrapped = await project.has('gradlew')
  return [
    {
      command: wrapped ? './gradlew test' : 'gradle test',
      because: wrapped ? `${build}, with gradlew` : build,
    },
  ]
}

/** A target named `test` of make or just. */
export async function detectTargets(project: ProjectFiles): Promise<readonly Clue[]> {
  // The order in which GNU make looks for them.
  for (const file of ['GNUmakefile', 'makefile', 'Makefile'])
    if (/^test\s*:(?!=)/m.test(await project.text(file)))
      return [{ command: 'make test', because: `the target test in ${file}` }]
  for (const file of ['justfile', 'Justfile', '.justfile'])
    if (/^@?test(?:\s+[^:\n]*)?:(?!=)/m.test(await project.text(file)))
      return [{ command: 'just test', because: `the recipe test in ${file}` }]
  return []
}
