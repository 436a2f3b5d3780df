import { z } from 'zod'
import type { Clue, ProjectFiles } from './project-files.ts'

const NPM_PLACEHOLDER = 'no test specified'
// The lock files and who writes them, most specific first: a project that changed its manager may hold an old one.
const LOCKS: readonly (readonly [file: string, manager: Manager])[] = [
  ['pnpm-lock.yaml', 'pnpm'],
  ['bun.lock', 'bun'],
  ['bun.lockb', 'bun'],
  ['yarn.lock', 'yarn'],
  ['package-lock.json', 'npm'],
  ['npm-shrinkwrap.json', 'npm'],
]
const SUGGESTED = ['typecheck', 'type-check', 'types', 'tsc', 'lint', 'build']

type Manager = 'npm' | 'pnpm' | 'yarn' | 'bun'

const manifestSchema = z.object({
  scripts: z.record(z.string(), z.unknown()).default({}),
  packageManager: z.string().default(''),
})

/** The `test` script of `package.json`, run by the manager whose lock file is there, and scripts that could be checks too. */
export async function detectNode(
  project: ProjectFiles,
): Promise<{ readonly tests: readonly Clue[]; readonly suggestions: readonly Clue[] }> {
  const manifest = readManifest(await project.text('package.json'))
  if (manifest === null) return { tests: [], suggestions: [] }
  const { manager, from } = await managerOf(project, manifest.packageManager)
  const { test } = manifest.scripts
  // `bun test` is bun's own runner, not the script.
  const command = manager === 'bun' ? 'bun run test' : `${manager} test`
  const real = typeof test === 'string' && test.trim() !== '' && !test.includes(NPM_PLACEHOLDER)
  return {
    tests: real ? [{ command, because: `the script test in package.json${from}` }] : [],
    suggestions: SUGGESTED.filter((name) => typeof manifest.scripts[name] === 'string').map((name) => ({
      command: `${manager} run ${name}`,
      because: `the script ${name} in package.json`,
    })),
  }
}

function readManifest(text: string): z.output<typeof manifestSchema> | null {
  try {
    return manifestSchema.safeParse(JSON.parse(text)).data ?? null
  } catch {
    return null
  }
}

async function managerOf(
  project: ProjectFiles,
  declared: string,
): Promise<{ readonly manager: Manager; readonly from: string }> {
  const named = /^(npm|pnpm|yarn|bun)@/.exec(declared)?.[1]
  if (named !== undefined) return { manager: named as Manager, from: `, whose packageManager is ${named}` }
  for (const [file, manager] of LOCKS) if (await project.has(file)) return { manager, from: `, with ${file}` }
  return { manager: 'npm', from: '' }
}
