import type { AddressInfo } from 'node:net'
import type { FastifyInstance } from 'fastify'
import type { HealthReport, PluginHost } from '@agentproxy/kernel'
import type { Logger } from '@agentproxy/plugin'
import type { Store } from '@agentproxy/store'
import type { PluginAdmin } from '../admin/plugin-admin.ts'
import { TokenBook } from '../access/token-book.ts'
import type { TaskToken } from '../access/token-book.ts'
import { GatewayError } from '../errors.ts'
import type { GatewayRuntime } from '../exchange/runtime.ts'
import { NO_KEYS, openRecording } from '../recording/open-recording.ts'
import type { RecordingOptions } from '../recording/open-recording.ts'
import { UpstreamPools } from '../relay/upstream-pools.ts'
import { ModelDirectory } from '../routing/model-directory.ts'
import type { Aliases } from '../routing/resolve-model.ts'
import { buildApp } from './build-app.ts'
import { closeGently } from './close-gently.ts'
import { defaultLimits } from './limits.ts'
import type { GatewayLimits } from './limits.ts'

export interface GatewayOptions {
  /** The plugins: providers, hooks. */
  readonly host: PluginHost
  /** Where finished exchanges are recorded; null = nowhere. */
  readonly exchanges: Pick<Store['exchanges'], 'add'> | null
  readonly log: Logger
  /** See `loadOwnerToken`. */
  readonly ownerToken: string
  readonly version: string
  /** How the plugins are, for `GET /health`. Default: the gateway speaks for itself alone. */
  readonly health?: () => Promise<HealthReport>
  /** For the routes that list and manage plugins and run their tools; most often the same as `host`. Default: there are none. */
  readonly plugins?: PluginAdmin
  /** Other names for models: each with its targets, of which the first that exists is taken. */
  readonly aliases?: Aliases
  /** Where upstreams' keys are. Default `process.env`. */
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly limits?: Partial<GatewayLimits>
  /**
   * `strict` refuses, before any upstream is called, a request whose translation would drop or change something.
   * Default `report`: it is sent, and what was lost is told.
   */
  readonly loss?: 'report' | 'strict'
  /** Records upstream calls into a folder, or answers them from it. Default: neither. */
  readonly recording?: RecordingOptions
}

/** An HTTP server for model calls. */
export interface Gateway {
  /** Loopback only; port 0 takes a free one. Throws `PORT_IN_USE`, `HOST_NOT_LOOPBACK`, `LISTEN_FAILED`, `CLOSED`. */
  listen(where: { readonly host: string; readonly port: number }): Promise<{ url: string }>
  /** A token that works until the task's tokens are revoked. */
  issueTaskToken(token: TaskToken): string
  revokeTaskTokens(taskId: string): void
  /** Takes no more requests, gives those in flight `drainMs` to finish, then ends them and everything else. */
  close(options: { readonly drainMs: number }): Promise<void>
}

const LOOPBACK: Readonly<Record<string, string>> = {
  localhost: '127.0.0.1',
  '127.0.0.1': '127.0.0.1',
  '::1': '::1',
  '[::1]': '::1',
}

/** Makes a gateway; nothing listens until `listen`. Throws `TOKEN_INVALID`, `RECORDING_UNREADABLE`. */
export async function createGateway(options: GatewayOptions): Promise<Gateway> {
  if (options.ownerToken === '')
    throw new GatewayError('TOKEN_INVALID', 'The owner token is empty. Take it from loadOwnerToken.')
  const limits = { ...defaultLimits, ...options.limits }
  const recording =
    options.recording === undefined ? null : await openRecording(options.recording, options.log)
  const runtime: GatewayRuntime = {
    host: options.host,
    exchanges: options.exchanges,
    log: options.log,
    env: options.recording?.mode === 'replay' ? NO_KEYS : (options.env ?? process.env),
    limits,
    strict: options.loss === 'strict',
    aliases: options.aliases ?? {},
    directory: new ModelDirectory(options.log),
    pools: new UpstreamPools(limits, recording),
    open: new Set(),
  }
  const tokens = new TokenBook(options.ownerToken)
  const state = { port: 0, closing: false }
  const health = { version: options.version, check: options.health ?? null }
  const app = buildApp({ runtime, tokens, health, state, plugins: options.plugins ?? null })
  await app.ready()
  let closed: Promise<void> | null = null
  return {
    async listen(where) {
      if (state.closing) throw new GatewayError('CLOSED', 'The gateway is closed. Make a new one.')
      const address = await listen(app, where)
      state.port = address.port
      return {
        url: `http://${address.family === 'IPv6' ? `[${address.address}]` : address.address}:${address.port}`,
      }
    },
    issueTaskToken: (token) => tokens.issue(token),
    revokeTaskTokens: (taskId) => tokens.revoke(taskId),
    close({ drainMs }) {
      state.closing = true
      closed ??= closeGently({ app, open: runtime.open, pools: runtime.pools }, drainMs)
      return closed
    },
  }
}

async function listen(
  app: FastifyInstance,
  { host, port }: { host: string; port: number },
): Promise<AddressInfo> {
  const loopback = LOOPBACK[host]
  if (loopback === undefined) {
    const message = `Refusing to listen on "${host}": only this machine may connect. Use 127.0.0.1, ::1 or localhost.`
    throw new GatewayError('HOST_NOT_LOOPBACK', message)
  }
  try {
    await app.listen({ host: loopback, port })
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') {
      const message = `Port ${port} is in use. Stop the program that holds it, or choose another port (0 takes any free one).`
      throw new GatewayError('PORT_IN_USE', message, error)
    }
    throw new GatewayError(
      'LISTEN_FAILED',
      `Cannot listen on ${host}, port ${port}. Choose another address.`,
      error,
    )
  }
  return app.server.address() as AddressInfo
}
