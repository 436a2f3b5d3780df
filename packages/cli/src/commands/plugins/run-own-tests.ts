import { spawn } from 'node:child_process'
import { readdir, stat } from 'node:fs/promises'
import path from 'node:path'
import type { Output } from '../../display/display.ts'

const TEST_FILE = /\.test\.[mc]?[jt]s$/

export interface OwnTests {
  /** Whole paths. */
  readonly files: readonly string[]
  readonly passed: boolean
}

/** The test files of a plugin: those in its folder, or beside it that bear its name; not those of installed packages. */
export async function findTests(plugin: string): Promise<readonly string[]> {
  if ((await stat(plugin)).isDirectory()) return testsIn(plugin)
  const stem = path.basename(plugin).replace(/\.[^.]+$/, '')
  const beside = await readdir(path.dirname(plugin))
  return beside
    .filter((name) => TEST_FILE.test(name) && name.startsWith(`${stem}.`))
    .map((name) => path.join(path.dirname(plugin), name))
}

async function testsIn(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true })
  const found = await Promise.all(
    entries.map(async (entry) => {
      const file = path.join(folder, entry.name)
      if (entry.isDirectory()) return /^\.|^node_modules$/.test(entry.name) ? [] : testsIn(file)
      return TEST_FILE.test(entry.name) ? [file] : []
    }),
  )
  return found.flat().sort()
}

/**
 * Runs test files with Node's own runner, in a process that imports TypeScript and finds the contract from anywhere. What
 * they print goes to `output`.
 */
export async function runOwnTests(files: readonly string[], cwd: string, output: Output): Promise<OwnTests> {
  if (files.length === 0) return { files, passed: true }
  const register = new URL('../../scripts/register.js', import.meta.url).href
  const child = spawn(process.execPath, ['--import', register, '--test', '--test-reporter=spec', ...files], {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
    // A runner that runs this command must not be mistaken for the parent of these tests.
    env: { ...process.env, NODE_TEST_CONTEXT: undefined },
  })
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => output.write(text))
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  return { files, passed: code === 0 }
}
