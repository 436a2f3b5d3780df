import type { Clue, ProjectFiles } from './project-files.ts'

const TEST_FILE = /^test_.*\.py$|_test\.py$/

/** pytest where it is configured or asked for, else tox, nox or unittest; in the project's own environment where a lock names one. */
export async function detectPython(project: ProjectFiles): Promise<readonly Clue[]> {
  const runner = await runnerOf(project)
  const pytest = await whyPytest(project)
  if (pytest !== null) return [{ command: `${runner}pytest`, because: pytest }]
  if (await project.has('noxfile.py')) return [{ command: `${runner}nox`, because: 'noxfile.py' }]
  if (await project.has('tox.ini')) return [{ command: `${runner}tox`, because: 'tox.ini' }]
  const inFolder = (await project.list('tests')).find((name) => TEST_FILE.test(name))
  const found =
    inFolder === undefined
      ? (await project.list('.')).find((name) => TEST_FILE.test(name))
      : `tests/${inFolder}`
  if (found === undefined) return []
  const text = await project.text(found)
  if (/^\s*(?:import|from)\s+pytest\b/m.test(text))
    return [{ command: `${runner}pytest`, because: `${found} imports pytest` }]
  if (!/^\s*(?:import|from)\s+unittest\b/m.test(text)) return []
  const folder = inFolder === undefined ? '' : ' -s tests -t .'
  return [{ command: `${runner}python3 -m unittest discover${folder}`, because: `${found} imports unittest` }]
}

async function runnerOf(project: ProjectFiles): Promise<string> {
  if (await project.has('uv.lock')) return 'uv run '
  return (await project.has('poetry.lock')) ? 'poetry run ' : ''
}

async function whyPytest(project: ProjectFiles): Promise<string | null> {
  const file = await project.firstOf(['pytest.ini', 'conftest.py', 'tests/conftest.py'])
  if (file !== null) return file
  const pyproject = await project.text('pyproject.toml')
  if (/^\[tool\.pytest/m.test(pyproject)) return '[tool.pytest] in pyproject.toml'
  if (/^\[tool:pytest\]/m.test(await project.text('setup.cfg'))) return '[tool:pytest] in setup.cfg'
  if (/^\[pytest\]/m.test(await project.text('tox.ini'))) return '[pytest] in tox.ini'
  if (/["']pytest\b[^"'-]*["']/.test(pyproject)) return 'pytest among the dependencies in pyproject.toml'
  for (const name of [
    'requirements-dev.txt',
    'requirements-test.txt',
    'dev-requirements.txt',
    'requirements.txt',
  ])
    if (/^pytest\b(?!-)/m.test(await project.text(name))) return `pytest in ${name}`
  return null
}
