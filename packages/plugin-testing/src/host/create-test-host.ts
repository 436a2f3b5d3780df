import {
  createMemoryStorage,
  createPluginStorage,
  environmentSecrets,
  PluginManager,
  readDefinition,
  readExport,
} from '@agentproxy/kernel'
import type { PluginFailure, PluginInfo } from '@agentproxy/kernel'
import { PluginError } from '@agentproxy/plugin'
import type {
  HookName,
  Hooks,
  Logger,
  Plugin,
  PluginCheckRun,
  PluginCheckVerdict,
  PluginDefinition,
  PluginEvents,
  PluginStorage,
  ToolCallOptions,
} from '@agentproxy/plugin'
import { answerRequest } from './answer-request.ts'
import { runHook } from './hook-outcome.ts'
import type { HookOutcome, NextOf } from './hook-outcome.ts'
import { runCommand } from './run-command.ts'
import type { CommandResult } from './run-command.ts'
import { samplePayload } from './sample-payloads.ts'
import type { PayloadOf } from './sample-payloads.ts'

/** A plugin in whatever form a host takes: a definition, a class, an instance of one, or the path of either. */
export type PluginInput = PluginDefinition | Plugin | (new () => Plugin) | string

export interface TestHostOptions {
  /** Loaded in this order. */
  readonly plugins: readonly PluginInput[]
  /** Configuration by plugin name. */
  readonly config?: Readonly<Record<string, unknown>>
  /** The environment plugins' secrets may stand in. Default: an empty one, not that of the process. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Secrets by plugin and name. */
  readonly secrets?: Readonly<Record<string, Readonly<Record<string, string>>>>
  /** Milliseconds each `setup` may take. Default 10000. */
  readonly setupTimeoutMs?: number
}

export interface LogLine {
  readonly level: keyof Logger
  readonly message: string
  readonly fields: Readonly<Record<string, unknown>>
}

/** Real plugins in a real host, with neither socket nor disk. Dispose it, best with `await using`. */
export interface TestHost extends AsyncDisposable {
  readonly manager: PluginManager
  readonly log: readonly LogLine[]
  /** What handlers, listeners and clean-ups failed with, so far. */
  readonly failures: readonly PluginFailure[]
  /** The plugins' bus, as another plugin sees it. */
  readonly events: PluginEvents
  /** A plugin's own storage. */
  storage(plugin: string): PluginStorage
  /** Runs a hook and waits for all its handlers. Fields left out of the payload are filled with samples. */
  hook<Name extends HookName>(
    name: Name,
    payload?: Partial<PayloadOf<Name>>,
    next?: NextOf<Hooks[Name]>,
  ): Promise<HookOutcome<Hooks[Name]>>
  /** Runs a tool; rejects with a TOOL_* error. */
  tool(name: string, parameters?: unknown, options?: ToolCallOptions): Promise<unknown>
  /** Sends a request, such as `/cache/stats`, through middleware and routes. */
  request(path: string, init?: RequestInit): Promise<Response>
  /** Runs a command as `agentproxy NAME ...argv` would. */
  command(name: string, argv?: readonly string[]): Promise<CommandResult>
  /** Runs a verification; `run` says what it looks at. */
  check(name: string, run?: Partial<PluginCheckRun>): Promise<PluginCheckVerdict>
  reload(name: string): Promise<PluginInfo>
}

/** Loads plugins for a test. Rejects with why one could not be loaded; nothing is left behind then. */
export async function createTestHost(options: TestHostOptions): Promise<TestHost> {
  const log: LogLine[] = []
  const failures: PluginFailure[] = []
  const storage = createMemoryStorage()
  const ended = new AbortController()
  const manager = new PluginManager({
    log: keepLog(log),
    storage,
    secrets: secretsOf(options),
    maxConsecutiveFailures: Infinity,
    healthCacheMs: 0,
    ...(options.setupTimeoutMs === undefined ? {} : { setupTimeoutMs: options.setupTimeoutMs }),
  })
  manager.on('plugin.error', (_plugin, failure) => void failures.push(failure))
  const close = async (): Promise<void> => {
    ended.abort()
    await manager.shutdownAll()
  }
  let events: PluginEvents
  try {
    events = await joinBus(manager)
    for (const plugin of options.plugins) await load(manager, plugin, options.config ?? {})
  } catch (thrown) {
    await close()
    throw thrown
  }
  return {
    manager,
    log,
    failures,
    events,
    storage: (plugin) => createPluginStorage(storage, plugin),
    hook: (name, fields, next) => runHook(manager.live, { name, payload: samplePayload(name, fields), next }),
    tool: (name, parameters, call) => manager.executeTool(name, parameters, call),
    request: (path, init) =>
      answerRequest(manager.live, new Request(new URL(path, 'http://localhost'), init), ended.signal),
    command: async (name, argv = []) =>
      runCommand(named(manager.live.commands, 'command', name), argv, ended.signal),
    check: async (name, run) =>
      named(manager.live.checks, 'check', name).run({ ...sampleRun(ended.signal), ...run }),
    reload: (name) => manager.reloadPlugin(name),
    [Symbol.asyncDispose]: close,
  }
}

async function load(
  manager: PluginManager,
  plugin: PluginInput,
  config: Readonly<Record<string, unknown>>,
): Promise<void> {
  const value = typeof plugin === 'string' ? await readExport(plugin, process.cwd()) : plugin
  const definition = readDefinition(value, typeof plugin === 'string' ? plugin : 'given to the test host')
  // A file is read again at each reload; a class is made once, here.
  const source = typeof plugin === 'string' ? plugin : definition
  await manager.loadPlugin(source, { config: config[definition.name] })
}

/** Plugin events reach plugins alone, so the test takes part as one. */
async function joinBus(manager: PluginManager): Promise<PluginEvents> {
  let events: PluginEvents | null = null
  await manager.loadPlugin({
    name: 'test-host',
    version: '1.0.0',
    setup: (ctx) => void (events = ctx.events),
  })
  if (events === null) throw new Error('the test host has no events')
  return events
}

function secretsOf({ env = {}, secrets = {} }: TestHostOptions) {
  const fromEnvironment = environmentSecrets(env)
  return {
    ...fromEnvironment,
    get: async (plugin: string, name: string) =>
      secrets[plugin]?.[name] ?? (await fromEnvironment.get(plugin, name)),
  }
}

function keepLog(log: LogLine[]): Logger {
  const keep =
    (level: keyof Logger): Logger['info'] =>
    (message, fields = {}) =>
      void log.push({ level, message, fields })
  return { debug: keep('debug'), info: keep('info'), warn: keep('warn'), error: keep('error') }
}

function sampleRun(signal: AbortSignal): PluginCheckRun {
  return {
    taskId: 'task-1',
    prompt: '',
    workingDir: process.cwd(),
    filesChanged: [],
    baseline: false,
    signal,
  }
}

function named<Value>(
  all: ReadonlyMap<string, { readonly value: Value }>,
  kind: string,
  name: string,
): Value {
  const found = all.get(name)
  if (found !== undefined) return found.value
  const names = [...all.keys()].join(', ') || 'none'
  throw new PluginError('PLUGIN_NOT_FOUND', `no plugin adds the ${kind} ${name}; there is: ${names}`)
}
