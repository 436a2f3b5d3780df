import { spawn } from 'node:child_process'
import path from 'node:path'
import type { Env } from '../app/paths.ts'

/** Opens a page in the person's browser; never through a shell. Where that fails nothing is said: the address was printed. */
export function openBrowser(url: string, env: Env, platform: NodeJS.Platform = process.platform): void {
  const [command, ...args] = browserCommand(url, env, platform)
  const child = spawn(command, args, { stdio: 'ignore', detached: true })
  child.on('error', () => {})
  child.unref()
}

/** `BROWSER` as other programs read it: several separated as in PATH, the first is taken, `%s` stands for the address. */
export function browserCommand(url: string, env: Env, platform: NodeJS.Platform): [string, ...string[]] {
  const [wanted = ''] = (env['BROWSER'] ?? '').split(path.delimiter)
  const [command, ...args] = wanted.split(/\s+/).filter((word) => word !== '')
  if (command !== undefined) {
    const placed = args.map((word) => word.replaceAll('%s', () => url))
    return wanted.includes('%s') ? [command, ...placed] : [command, ...args, url]
  }
  if (platform === 'darwin') return ['open', url]
  if (platform === 'win32') return ['rundll32', 'url.dll,FileProtocolHandler', url]
  return ['xdg-open', url]
}
