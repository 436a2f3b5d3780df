import { createGateway, GatewayError, loadOwnerToken } from '@agentproxy/gateway'
import { openApp } from '../app/open-app.ts'
import { stateDirOf } from '../app/paths.ts'
import type { GlobalFlags, Invocation } from '../args/invocation.ts'
import type { ServeFlags } from '../args/options.ts'
import { loadConfig } from '../config/load-config.ts'
import { CliError } from '../errors.ts'
import { readVersion } from '../version.ts'
import { openLogger } from './open-logger.ts'

const DRAIN_MS = 10_000
const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const

/** Serves until a signal, then finishes what is in flight. A second signal exits at once. */
export async function serve(invocation: Invocation, flags: GlobalFlags & ServeFlags): Promise<number> {
  const { env, cwd, terminal } = invocation
  const warn = (line: string): void => terminal.err.write(`${line}\n`)
  const config = await loadConfig({ env, cwd, projectDir: null, extraFile: flags.config ?? null })
  const host = flags.host ?? config.server.host
  const port = flags.port ?? config.server.port
  const log = await openLogger(invocation, flags, warn)
  const hotReload = flags.watch ?? false
  const app = await openApp({ command: 'serve', config, env, log, plugins: 'providers', hotReload, warn })
  if (hotReload) app.plugins.on('plugin.reloaded', (name) => warn(`plugin ${name} was reloaded`))
  if (hotReload)
    app.plugins.on('plugin.failed', (name) => warn(`plugin ${name} could not be reloaded; the log says why`))
  try {
    const { token, file } = await loadOwnerToken({ stateDir: stateDirOf(env), env })
    const gateway = await createGateway({
      host: app.plugins,
      exchanges: app.store.exchanges,
      log,
      ownerToken: token,
      version: readVersion(),
      health: () => app.plugins.healthCheck(),
      aliases: config.models,
      loss: config.routing.loss,
      env,
    })
    app.cleanup.defer('the gateway', () => gateway.close({ drainMs: 0 }))
    const stopped = nextSignal(invocation.crashed)
    const { url } = await gateway.listen({ host, port }).catch((error: unknown) => {
      throw listenError(error)
    })
    if (flags.json) terminal.out.write(`${JSON.stringify({ event: 'listening', url, tokenFile: file })}\n`)
    else terminal.out.write(greeting(url, file))
    const signal = await stopped
    process.once(signal, () => process.exit(130))
    warn(`${signal}: finishing what is in flight, at most ${DRAIN_MS / 1000} s; once more ends it at once`)
    await gateway.close({ drainMs: DRAIN_MS })
    return 0
  } finally {
    await app.close()
  }
}

/** The first signal of the sort that ends a service; SIGTERM stands for a failure that nobody caught. */
function nextSignal(crashed: AbortSignal): Promise<(typeof SIGNALS)[number]> {
  return new Promise((resolve) => {
    for (const signal of SIGNALS) process.once(signal, () => resolve(signal))
    crashed.addEventListener('abort', () => resolve('SIGTERM'), { once: true })
  })
}

function listenError(error: unknown): unknown {
  if (!GatewayError.is(error) || error.code !== 'PORT_IN_USE') return error
  return new CliError('LISTEN_FAILED', error.message, {
    hint: 'Give another port with --port (0 = any free one), or stop what uses this one.',
    cause: error,
  })
}

function greeting(url: string, tokenFile: string): string {
  return `agentproxy ${readVersion()} listens on ${url}
  token     ${tokenFile} (agentproxy token prints it)

Point your programs here:
  Claude Code, Anthropic SDKs   export ANTHROPIC_BASE_URL=${url}
                                export ANTHROPIC_AUTH_TOKEN="$(agentproxy token)"
  OpenAI SDKs and most others   export OPENAI_BASE_URL=${url}/v1
                                export OPENAI_API_KEY="$(agentproxy token)"
  Gemini CLI and SDKs           export GOOGLE_GEMINI_BASE_URL=${url}
                                export GEMINI_API_KEY="$(agentproxy token)"
Models: agentproxy models. Stop with Ctrl-C.
`
}
