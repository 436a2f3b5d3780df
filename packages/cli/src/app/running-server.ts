import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { CliError } from '../errors.ts'

const LONGEST_ANSWER_MS = 30_000

/** Where the gateway of this state folder listens. */
export interface RunningServer {
  readonly url: string
  readonly pid: number
}

export type PluginAction = 'enable' | 'disable' | 'reload'

/** Lets other commands find this process; the returned undo takes that back. */
export async function announceServer(stateDir: string, url: string): Promise<() => Promise<void>> {
  const file = fileIn(stateDir)
  const server: RunningServer = { url, pid: process.pid }
  const draft = `${file}.${process.pid}`
  await writeFile(draft, `${JSON.stringify(server)}\n`, { mode: 0o600 })
  await rename(draft, file)
  return async () => {
    // Another server may have been started meanwhile; its file stays.
    if ((await read(file))?.pid === process.pid) await rm(file, { force: true })
  }
}

/** The gateway that runs with this state folder; null = none does. */
export async function findServer(stateDir: string): Promise<RunningServer | null> {
  const file = fileIn(stateDir)
  const server = await read(file)
  if (server === null || isAlive(server.pid)) return server
  await rm(file, { force: true })
  return null
}

/**
 * Has the running gateway do something with a plugin. Gives false if it does not know the plugin, which it never does
 * where the plugin was disabled at its start; throws `SERVER_MISSING`, or `SERVER_REFUSED` with its reason.
 */
export async function askServer(
  server: RunningServer,
  request: { readonly token: string; readonly plugin: string; readonly action: PluginAction },
): Promise<boolean> {
  const { token, plugin, action } = request
  const target = `/plugins/${encodeURIComponent(plugin)}/${action}`
  const { status, text } = await callServer(server, { token, method: 'POST', target })
  if (status === 404) return false
  if (status >= 400) throw refusedBy(server, `did not ${action} ${plugin}`, { status, text })
  return true
}

/** What the running gateway answers to a `GET` of one of its own paths. Throws `SERVER_MISSING`, `SERVER_REFUSED`. */
export async function readFromServer(
  server: RunningServer,
  request: { readonly token: string; readonly target: string },
): Promise<unknown> {
  const answer = await callServer(server, { ...request, method: 'GET' })
  if (answer.status >= 400) throw refusedBy(server, `refused ${request.target}`, answer)
  return JSON.parse(answer.text)
}

interface ServerAnswer {
  readonly status: number
  readonly text: string
}

async function callServer(
  { url, pid }: RunningServer,
  {
    token,
    method,
    target,
  }: { readonly token: string; readonly method: 'GET' | 'POST'; readonly target: string },
): Promise<ServerAnswer> {
  try {
    const response = await fetch(url + target, {
      method,
      headers: { authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(LONGEST_ANSWER_MS),
    })
    return { status: response.status, text: await response.text() }
  } catch (cause) {
    throw new CliError('SERVER_MISSING', `no server answers at ${url} (process ${pid})`, {
      hint: 'Start one with: agentproxy serve',
      cause,
    })
  }
}

function refusedBy({ url }: RunningServer, what: string, { status, text }: ServerAnswer): CliError {
  return new CliError('SERVER_REFUSED', `the server at ${url} ${what}: ${reasonIn(text, status)}`)
}

function fileIn(stateDir: string): string {
  return path.join(stateDir, 'serve.json')
}

async function read(file: string): Promise<RunningServer | null> {
  try {
    const { url, pid } = JSON.parse(await readFile(file, 'utf8')) as Partial<RunningServer>
    return typeof url === 'string' && typeof pid === 'number' ? { url, pid } : null
  } catch {
    return null
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** Errors of the gateway are `{ error: { message } }` in all its formats; anything else is shown as it is. */
function reasonIn(answer: string, status: number): string {
  try {
    const { error } = JSON.parse(answer) as { error?: { message?: unknown } }
    if (typeof error?.message === 'string') return error.message
  } catch {
    // Not JSON.
  }
  return `HTTP ${status} ${answer.slice(0, 200)}`.trim()
}
