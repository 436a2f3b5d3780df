import { join } from 'node:path'
import {
  type AgentCapabilities,
  type AgentTurn,
  type AgentTurnResult,
  type Logger,
  type PluginDefinition,
  definePlugin,
} from '@agentproxy/plugin'
import { type Store, openStore } from '@agentproxy/store'
import { onTestFinished } from 'vitest'
import { commandCheck } from '../gate/parse-checks.ts'
import { type Supervisor, createSupervisor } from '../loop/create-supervisor.ts'
import type { AskPerson, ModelAccess } from '../loop/task-run.ts'
import type { LoopLimits } from '../session/limits.ts'
import { IN_PLACE } from '../workspace/workspace-order.ts'
import type { TaskContract, TaskEvent } from '../session/task-event.ts'
import type { TaskReport } from '../session/task-report.ts'
import { tempFolder } from './temp-folder.ts'
import { testHost } from './test-host.ts'

/** What a scripted agent does in one turn; what it leaves out is an ordinary end. */
type Script = (turn: AgentTurn) => Promise<Partial<AgentTurnResult> | void> | Partial<AgentTurnResult> | void

export interface FixtureOptions {
  readonly folder: string
  readonly agent: Script
  /** What it can do besides resuming, asking and being steered. */
  readonly capabilities?: Partial<AgentCapabilities>
  readonly plugins?: readonly PluginDefinition[]
  readonly limits?: Partial<LoopLimits>
  readonly store?: Store
  readonly stateDir?: string
  readonly models?: ModelAccess
  readonly askPerson?: AskPerson
}

export interface Fixture {
  readonly supervisor: Supervisor
  readonly store: Store
  readonly stateDir: string
  /** Everything `onEvent` told, in order. */
  readonly events: { readonly seq: number; readonly payload: TaskEvent }[]
  run(
    contract: Partial<TaskContract>,
    options?: { sessionId?: string; signal?: AbortSignal; attended?: boolean },
  ): Promise<TaskReport>
  resume(sessionId: string, signal?: AbortSignal): Promise<TaskReport>
  payloads<Type extends TaskEvent['type']>(type: Type): Extract<TaskEvent, { readonly type: Type }>[]
}

const scriptedCapabilities: AgentCapabilities = {
  resume: true,
  steer: true,
  interrupt: false,
  images: false,
  modelSwitch: false,
  asksPermission: true,
  plan: false,
  usage: false,
}

const silent: Logger = { debug() {}, info() {}, warn() {}, error() {} }

/** A plugin that contributes the agent `scripted`. */
function scriptedAgent({ agent: script, capabilities }: FixtureOptions): PluginDefinition {
  const ended: AgentTurnResult = {
    stopReason: 'end_turn',
    message: 'I am done.',
    error: null,
    conversationId: 'conversation',
  }
  return definePlugin({
    name: 'scripted-agent',
    version: '1.0.0',
    setup(ctx) {
      ctx.agent({
        name: 'scripted',
        displayName: 'Scripted agent',
        capabilities: { ...scriptedCapabilities, ...capabilities },
        detect: () => Promise.resolve({ available: true, version: '1', problem: null }),
        runTurn: async (turn) => ({ ...ended, ...(await script(turn)) }),
      })
    },
  })
}

/** A supervisor on a real store and a real plugin host, with a scripted agent. */
export async function fixture(options: FixtureOptions): Promise<Fixture> {
  const stateDir = options.stateDir ?? tempFolder()
  const store = options.store ?? (await openStore({ path: join(stateDir, 'store.db') }))
  if (options.store === undefined) onTestFinished(() => store.close())
  const host = await testHost([scriptedAgent(options), ...(options.plugins ?? [])], silent)
  const models = options.models ?? {
    url: 'http://127.0.0.1:9',
    issueToken: () => 'task-token',
    revokeTokens() {},
  }
  const limits = { retryBaseMs: 10, ...options.limits }
  const supervisor = createSupervisor({
    host,
    store,
    stateDir,
    models,
    log: silent,
    env: process.env,
    graceMs: 3_000,
    limits,
    ...(options.askPerson !== undefined && { askPerson: options.askPerson }),
  })
  const events: Fixture['events'] = []
  const signal = new AbortController().signal
  const onEvent = (event: Fixture['events'][number]) => void events.push(event)
  return {
    supervisor,
    store,
    stateDir,
    events,
    run: (contract, run) => supervisor.start(task(options.folder, contract), { signal, onEvent, ...run }),
    resume: (sessionId, stop = signal) => supervisor.resume(sessionId, { signal: stop, onEvent }),
    payloads: (type) => events.map((event) => event.payload).filter((payload) => isOf(payload, type)),
  }
}

function isOf<Type extends TaskEvent['type']>(
  event: TaskEvent,
  type: Type,
): event is Extract<TaskEvent, { readonly type: Type }> {
  return event.type === type
}

/** A contract with the given command lines as checks. */
function task(folder: string, overrides: Partial<TaskContract> = {}): TaskContract {
  return {
    objective: 'Make the checks pass.',
    workingDir: folder,
    agent: 'scripted',
    model: null,
    reasoner: 'rules',
    reasonerModel: null,
    checks: [commandCheck('grep -q fixed a.txt')],
    checksFrom: 'flags',
    budgets: { maxTurns: 6, maxTimeMs: 60_000 },
    idleMs: 20_000,
    expectsChange: true,
    allowsTestChanges: false,
    protectedPaths: [],
    screenshots: [],
    workspace: IN_PLACE,
    approve: 'auto',
    permissions: { deny: [], ask: [], allow: [] },
    answerMs: 20_000,
    waitsForLimit: true,
    startedBy: 'terminal',
    ...overrides,
  }
}
