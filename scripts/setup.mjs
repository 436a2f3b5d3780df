// Installs and builds what is missing, and nothing else: shared by `npm run demo`, `npm test` and `npm run bench`.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('..', import.meta.url))
const stamp = join(root, 'node_modules', '.agentproxy-lock')

/** Runs a command with the terminal's own streams; returns its exit code. */
export function run(command, args, options = {}) {
  const { error, status, signal } = spawnSync(command, args, { cwd: root, stdio: 'inherit', ...options })
  if (error) throw new Error(`${command} cannot be run: ${error.message}`)
  if (signal !== null) throw new Error(`${command} was ended by ${signal}`)
  return status ?? 1
}

/** The JavaScript entry of an installed development tool. */
export function tool(packageName, binary = packageName) {
  const manifest = JSON.parse(readFileSync(join(root, 'node_modules', packageName, 'package.json'), 'utf8'))
  const bin = typeof manifest.bin === 'string' ? manifest.bin : manifest.bin[binary]
  return join(root, 'node_modules', packageName, bin)
}

/**
 * Installs by the lockfile if node_modules is missing or belongs to another one. `npm install` and not `npm ci`: the
 * latter refuses a lockfile that lacks some other platform's optional binary, which registries do not all carry.
 */
export function ensureInstalled() {
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return
  console.log('Installing dependencies (about a quarter of a minute)...')
  const args = ['install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error']
  const code = run('npm', args, { shell: process.platform === 'win32' })
  if (code !== 0) {
    throw new Error(
      '`npm install` failed; check the network and the npm registry setting, then run this again.',
    )
  }
  writeFileSync(stamp, lock)
}

/** Incremental build: about a second when nothing changed. Returns the compiler's exit code. */
export function build() {
  return run(process.execPath, [tool('typescript', 'tsc'), '-b'])
}
