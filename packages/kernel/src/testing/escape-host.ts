import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { RequestListener, Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SandboxedPluginOptions } from '../sandbox/sandboxed-plugin.ts'

/** What no guest may ever get to see. */
export const CANARY = 'canary-5e1f-of-the-host'

/** What a guest is told, so that it can aim. */
interface Given {
  readonly secret: string
  readonly secretJson: string
  readonly folder: string
  readonly writable: string
  readonly port: number
  readonly otherPort: number
}

export interface EscapeHost {
  readonly given: Given
  readonly root: string
  /** Requests that reached the server no guest may reach. */
  readonly reached: () => number
  readonly permissions: NonNullable<SandboxedPluginOptions['permissions']>
  readonly lookup: NonNullable<SandboxedPluginOptions['lookup']>
  close(): Promise<void>
}

/** Runs code it is handed, and beside it something harmless. */
export const GUEST = `
const Made = Object.getPrototypeOf(async () => {}).constructor
export default definePlugin({ name: 'escape', setup(ctx) {
  ctx.tool('escape.try', { description: 'tries', parameters: {},
    execute: ({ code, given }) => new Made('plugin', 'given', code)(ctx, given) })
  ctx.tool('escape.honest', { description: 'works', parameters: {}, execute: async ({ a, b }) => a + b })
} })`

/** Servers, files and links around a guest: one port and one folder are its own, everything else is not. */
export async function openEscapeHost(): Promise<EscapeHost> {
  const root = await realpath(await mkdtemp(join(tmpdir(), 'agentproxy-escape-')))
  const [folder, writable, secret] = [join(root, 'own'), join(root, 'writable'), join(root, 'secret.txt')]
  const secretJson = join(root, 'secret.json')
  for (const name of ['own', 'own-other', 'writable', 'private']) await mkdir(join(root, name))
  await writeFile(secret, CANARY)
  await writeFile(secretJson, JSON.stringify({ secret: CANARY }))
  await writeFile(join(root, 'own-other/file.txt'), CANARY)
  await writeFile(join(root, 'private/secret.txt'), CANARY)
  await writeFile(join(folder, 'own.txt'), 'own')
  await writeFile(join(folder, 'large.txt'), 'x'.repeat(2 * 1024 ** 2))
  await symlink(secret, join(folder, 'link.txt'))
  await symlink(join(root, 'private'), join(folder, 'linked'))
  await symlink(secret, join(writable, 'link-out'))
  execFileSync('sh', ['-c', 'mkfifo "$0"', join(folder, 'pipe')])
  let reached = 0
  const other = await listen((_request, response) => {
    reached += 1
    response.end(CANARY)
  })
  const otherPort = portOf(other)
  const server = await listen(routes(otherPort))
  const port = portOf(server)
  const hosts = [`127.0.0.1:${port}`, `rebound.test:${port}`, `flipping.test:${port}`, 'mixed.test']
  return {
    given: { secret, secretJson, folder, writable, port, otherPort },
    root,
    reached: () => reached,
    permissions: {
      fileSystem: { read: [folder], write: [writable] },
      network: hosts,
      events: ['allowed.event'],
    },
    lookup: rebinding(),
    close: async () => {
      for (const one of [server, other]) {
        one.closeAllConnections()
        one.close()
      }
      await rm(root, { recursive: true, force: true })
    },
  }
}

function routes(otherPort: number): RequestListener {
  const redirects: Readonly<Record<string, string>> = {
    '/redirect-out': 'http://example.com/',
    '/redirect-port': `http://127.0.0.1:${otherPort}/`,
    '/redirect-file': 'file:///etc/passwd',
    '/redirect-loop': '/redirect-loop',
  }
  return (request, response) => {
    const to = redirects[request.url ?? '']
    if (to !== undefined) {
      response.writeHead(302, { location: to }).end()
      return
    }
    const text = request.headers.host === 'internal' ? 'a host of its choice' : 'own host'
    if (request.url !== '/endless') {
      response.end(request.url === '/echo-host' ? text : 'fine')
      return
    }
    const more = (): void => {
      while (!response.destroyed && response.write('x'.repeat(65_536)));
      response.once('drain', more)
    }
    more()
  }
}

function rebinding(): NonNullable<SandboxedPluginOptions['lookup']> {
  let calls = 0
  return (host) => {
    calls += 1
    const address = host === 'flipping.test' && calls % 2 === 0 ? '10.0.0.1' : '127.0.0.1'
    const local = { address, family: 4 }
    if (host !== 'mixed.test') return Promise.resolve([local])
    return Promise.resolve([
      { address: '93.184.215.14', family: 4 },
      { address: '169.254.169.254', family: 4 },
    ])
  }
}

async function listen(handle: RequestListener): Promise<Server> {
  const server = createServer(handle)
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return server
}

const portOf = (server: Server): number => (server.address() as AddressInfo).port
