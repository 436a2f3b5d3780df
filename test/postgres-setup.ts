import { spawn, spawnSync } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo, Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  interface ProvidedContext {
    /** A socket that says where the PostgreSQL of this run is, which starts with the first who asks; null = none is installed. */
    postgres: string | null
  }
}

const START_LIMIT_MS = 20_000
const USER = 'agentproxy'
const PASSWORD = 'pa55 word/of:tests'

interface Running {
  readonly url: string
  stop(): Promise<void>
}

/** Offers one PostgreSQL of its own to all tests of a run: on a free loopback port, in a temporary folder, gone with the run. */
export default async function setUp({ provide }: TestProject): Promise<() => Promise<void>> {
  const programs = findPrograms()
  provide('postgres', null)
  if (programs === null) return async () => {}
  const folder = mkdtempSync(join(tmpdir(), 'agentproxy-postgres-'))
  let running: Promise<Running> | null = null
  const broker = createServer((socket) => {
    socket.on('error', () => {})
    running ??= start(programs, folder)
    running.then(
      ({ url }) => socket.end(JSON.stringify({ url })),
      (error: unknown) => socket.end(JSON.stringify({ error: String(error) })),
    )
  })
  const door = join(folder, 'door')
  await listen(broker, door)
  provide('postgres', door)
  return async () => {
    broker.close()
    const server = await running?.catch(() => null)
    await server?.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Debian keeps the server's programs out of the path. */
function findPrograms(): string | null {
  const debian = '/usr/lib/postgresql'
  const versions = existsSync(debian) ? readdirSync(debian).toSorted((a, b) => Number(b) - Number(a)) : []
  const folders = [
    ...versions.map((version) => join(debian, version, 'bin')),
    ...(process.env['PATH'] ?? '').split(':'),
  ]
  return (
    folders.find((folder) => ['initdb', 'postgres'].every((name) => existsSync(join(folder, name)))) ?? null
  )
}

async function start(programs: string, folder: string): Promise<Running> {
  const owner = ownerOfServer()
  const data = join(folder, 'data')
  const passwordFile = join(folder, 'password')
  writeFileSync(passwordFile, PASSWORD)
  chmodSync(folder, 0o700)
  if (owner.uid !== undefined)
    for (const path of [folder, passwordFile]) chownSync(path, owner.uid, owner.gid)
  const options = [
    '-U',
    USER,
    '-A',
    'scram-sha-256',
    `--pwfile=${passwordFile}`,
    '-E',
    'UTF8',
    '--locale=C.UTF-8',
  ]
  const made = spawnSync(join(programs, 'initdb'), ['-D', data, '--no-sync', ...options], {
    ...owner,
    cwd: folder,
    encoding: 'utf8',
  })
  if (made.status !== 0) throw new Error(`initdb failed: ${made.stderr}`)
  const port = await freePort()
  const settings = {
    port,
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    // A test run that loses power may lose its database.
    fsync: 'off',
    max_connections: 200,
  }
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const server = spawn(join(programs, 'postgres'), ['-D', data, ...flags], {
    ...owner,
    cwd: folder,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  await untilItServes(server)
  return {
    url: `postgres://${USER}:${encodeURIComponent(PASSWORD)}@127.0.0.1:${port}/postgres`,
    async stop() {
      const ended = once(server, 'exit')
      server.kill('SIGINT')
      await ended
    },
  }
}

/** PostgreSQL refuses to run as root. */
function ownerOfServer(): { readonly uid: number; readonly gid: number } | { readonly uid?: never } {
  if (process.getuid?.() !== 0) return {}
  const users = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
  const user = users.find(([name]) => name === 'postgres') ?? users.find(([name]) => name === 'nobody')
  if (user === undefined) throw new Error('no user "postgres" or "nobody" to run PostgreSQL as')
  return { uid: Number(user[2]), gid: Number(user[3]) }
}

/** It takes connections some time before it serves them; its log says when it does. */
function untilItServes(server: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let log = ''
    const deadline = setTimeout(() => server.kill('SIGKILL'), START_LIMIT_MS)
    server.once('exit', () => {
      clearTimeout(deadline)
      reject(new Error(`PostgreSQL did not start: ${log}`))
    })
    server.stderr?.on('data', (text: Buffer) => {
      log = (log + text.toString()).slice(-10_000)
      if (!log.includes('ready to accept connections')) return
      clearTimeout(deadline)
      resolve()
    })
  })
}

async function freePort(): Promise<number> {
  const server = createServer()
  await listen(server, 0)
  const { port } = server.address() as AddressInfo
  server.close()
  return port
}

async function listen(server: Server, where: number | string): Promise<void> {
  if (typeof where === 'number') server.listen(where, '127.0.0.1')
  else server.listen(where)
  await once(server, 'listening')
}
