import { execFile } from 'node:child_process'
import { access, constants, mkdir, statfs } from 'node:fs/promises'
import { createServer } from 'node:net'
import { promisify } from 'node:util'
import { findServer } from '../../app/running-server.ts'
import type { Config } from '../../config/config.ts'
import { type Diagnosis, bad, fine, odd } from './diagnosis.ts'

const run = promisify(execFile)

const LOW_BYTES = 1024 ** 3
const NODE: Version = [20, 19]
const GIT: Version = [2, 30]

type Version = readonly [major: number, minor: number]

/** `version` as Node says it, such as `v20.19.0`. */
export function checkNode(version: string): Diagnosis {
  if (isAtLeast(version, NODE)) return fine('node', version)
  return bad('node', `${version} is older than ${NODE.join('.')}`, 'Install a newer Node.')
}

export async function checkGit(): Promise<Diagnosis> {
  const hint = `Install git ${GIT.join('.')} or newer and put it on PATH; what tasks change is read with it.`
  try {
    const { stdout } = await run('git', ['--version'])
    const version = stdout.trim().replace(/^git version /, '')
    return isAtLeast(version, GIT) ? fine('git', version) : bad('git', `${version} is too old`, hint)
  } catch {
    return bad('git', 'it was not found', hint)
  }
}

function isAtLeast(version: string, [major, minor]: Version): boolean {
  const [, a = '0', b = '0'] = /(\d+)\.(\d+)/.exec(version) ?? []
  return Number(a) > major || (Number(a) === major && Number(b) >= minor)
}

/** Whether it can be written to, and how much room there is. */
export async function checkStateFolder(folder: string): Promise<Diagnosis> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    await access(folder, constants.W_OK)
    const { bavail, bsize } = await statfs(folder)
    const free = bavail * bsize
    const text = `${folder}, ${(free / 1024 ** 3).toFixed(1)} GiB free`
    return free < LOW_BYTES
      ? odd('state folder', text, 'Sessions keep snapshots and output there.')
      : fine('state folder', text)
  } catch (error) {
    return bad('state folder', (error as Error).message, 'Choose another with AGENTPROXY_HOME.')
  }
}

/** Whether a server runs, or could. */
export async function checkPort(stateDir: string, { host, port }: Config['server']): Promise<Diagnosis> {
  const server = await findServer(stateDir)
  if (server !== null) return checkServer(server.url)
  const problem = await tryListening(host, port)
  if (problem === null) return fine('server', `none runs; ${host}:${port} is free`)
  return odd(
    'server',
    `none runs, and ${host}:${port} cannot be listened on (${problem})`,
    'agentproxy serve --port N takes another.',
  )
}

async function checkServer(url: string): Promise<Diagnosis> {
  try {
    const { status } = await fetch(`${url}/livez`, { signal: AbortSignal.timeout(3_000) })
    return status === 200 ? fine('server', `runs at ${url}`) : odd('server', `${url} answers ${status}`)
  } catch {
    return bad('server', `the one at ${url} does not answer`, 'End it and start it anew: agentproxy serve')
  }
}

function tryListening(host: string, port: number): Promise<string | null> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
    probe.listen(port, host, () => probe.close(() => resolve(null)))
  })
}
