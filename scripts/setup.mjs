// Installs and builds what is missing, and nothing else: shared by `npm run demo` and `npm test` on a clean clone.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('..', import.meta.url))
const stamp = join(root, 'node_modules', '.agentproxy-lock')

/** Runs a command with the terminal's own streams; returns its exit code. */
export function run(command, args, options = {}) {
  const done = spawnSync(command, args, { cwd: root, stdio: 'inherit', ...options })
  if (done.error) throw done.error
  return done.status ?? 1
}

/** The JavaScript entry of an installed development tool. */
export function tool(packageName, binary = packageName) {
  const manifest = JSON.parse(readFileSync(join(root, 'node_modules', packageName, 'package.json'), 'utf8'))
  const bin = typeof manifest.bin === 'string' ? manifest.bin : manifest.bin[binary]
  return join(root, 'node_modules', packageName, bin)
}

/** `npm ci` if node_modules is missing or belongs to another lockfile. */
export function ensureInstalled() {
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return
  console.log('Installing dependencies (npm ci)...')
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm'
  const code = run(npm, ['ci', '--no-audit', '--no-fund', '--loglevel=error'])
  if (code !== 0) {
    console.error(
      '`npm ci` failed. Check the network and the npm registry setting, then run the command again.',
    )
    process.exit(code)
  }
  writeFileSync(stamp, lock)
}

/** Incremental build; takes about a second when nothing changed. */
export function build() {
  return run(process.execPath, [tool('typescript', 'tsc'), '-b'])
}
