import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type {
  AgentDefinition,
  AgentEvent,
  AgentProcess,
  AgentSpawn,
  AgentTurn,
  AgentTurnResult,
} from '@agentproxy/plugin'
import { LINE_CAP_BYTES, startAgentProcess } from '../../process/agent-process.ts'
import { allowedEnvironment } from '../../process/environment.ts'
import { traceParent } from '../../process/trace-parent.ts'
import { remainingMs } from '../../session/decide.ts'
import { isLooping } from '../../session/stuck.ts'
import { type TaskRun, contractOf, outputFile, workspaceOf } from '../task-run.ts'
import { decidePermission } from './permission.ts'
import { TurnLimits, cutError } from './turn-limits.ts'

// How long an agent may take to give up after its processes are gone.
const LEAVE_MS = 2_000

export interface AgentRunOptions {
  readonly agent: AgentDefinition
  readonly turn: number
  readonly prompt: string
  readonly model: string | null
  readonly env: Readonly<Record<string, string>>
  readonly allowedTools: readonly string[] | null
  /** Marks every process of the turn; logged before. */
  readonly marker: string
}

/** Runs the agent for one turn, within its limits. Always comes back, whatever the agent does. */
export async function runAgent(run: TaskRun, options: AgentRunOptions): Promise<AgentTurnResult> {
  const { idleMs } = contractOf(run)
  using limits = new TurnLimits({
    signal: run.signal,
    idleMs,
    remainingMs: remainingMs(run.journal.state, Date.now()),
  })
  const session = new AgentSession(run, options, limits)
  const { dir } = await workspaceOf(run)
  const stateDir = join(run.sessionDir, 'agent')
  await mkdir(stateDir, { recursive: true, mode: 0o700 })
  const finished = callAgent(options.agent, session.turn(dir, stateDir))
  const left =
    (await Promise.race([finished, whenAborted(limits.signal)])) ??
    (await givenTime(run, options.agent, { limits, finished }))
  const result = left ?? (await session.endAll(finished))
  session.close()
  await run.journal.flush()
  const { cut } = limits
  if (cut === null) return result
  const error = cutError(cut, idleMs)
  return { ...result, stopReason: error === null ? 'cancelled' : 'error', error }
}

async function callAgent(agent: AgentDefinition, turn: AgentTurn): Promise<AgentTurnResult> {
  try {
    return await agent.runTurn(turn)
  } catch (error) {
    const message = `The agent ${agent.name} failed in its own code: ${error instanceof Error ? error.message : String(error)}`
    return { ...nothingSaid, stopReason: 'error', error: { code: 'protocol', message, retryable: false } }
  }
}

/** An agent that can end its turn itself gets the time to; null when it did not. */
async function givenTime(
  run: TaskRun,
  { capabilities }: AgentDefinition,
  turn: { readonly limits: TurnLimits; readonly finished: Promise<AgentTurnResult> },
): Promise<AgentTurnResult | null> {
  if (!capabilities.interrupt || turn.limits.cut === 'store') return null
  const timer = new AbortController()
  const late = sleep(run.graceMs, null, { signal: timer.signal }).catch(() => null)
  try {
    return await Promise.race([turn.finished, late])
  } finally {
    timer.abort()
  }
}

const nothingSaid: AgentTurnResult = {
  stopReason: 'cancelled',
  message: '',
  error: null,
  conversationId: null,
}

function whenAborted(signal: AbortSignal): Promise<null> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(null)
    signal.addEventListener('abort', () => resolve(null), { once: true })
  })
}

/** What the agent holds during one turn. After `close` nothing it does has an effect. */
class AgentSession {
  readonly #run: TaskRun
  readonly #options: AgentRunOptions
  readonly #limits: TurnLimits
  readonly #processes: AgentProcess[] = []
  readonly #orders: Disposable
  #closed = false
  #steered: Disposable | null = null

  constructor(run: TaskRun, options: AgentRunOptions, limits: TurnLimits) {
    this.#run = run
    this.#options = options
    this.#limits = limits
    this.#orders = run.inbox.on(() => this.#obey())
    this.#obey()
  }

  turn(workingDir: string, stateDir: string): AgentTurn {
    const { taskId, models, log, journal } = this.#run
    const { turn, prompt, model, allowedTools } = this.#options
    return {
      taskId,
      turn,
      prompt,
      workingDir,
      stateDir,
      model,
      conversationId: journal.state.conversationId,
      allowedTools,
      // Later turns continue the conversation that has seen them.
      images: turn === 1 ? contractOf(this.#run).screenshots : [],
      gateway: { url: models.url, token: models.issueToken(taskId, 'agent') },
      signal: this.#limits.signal,
      log,
      spawn: (spawn) => this.#spawn(spawn, workingDir),
      emit: (event) => this.#emit(event),
      requestPermission: async (request) => {
        if (this.#closed || this.#limits.cut !== null)
          return { decision: 'deny', reason: 'the turn is over', option: 'reject_once' }
        const held = this.#limits.hold()
        const asking = { turn, signal: this.#limits.signal }
        return decidePermission(this.#run, asking, request).finally(() => held[Symbol.dispose]())
      },
      onSteer: (listener) => this.#onSteer(listener),
    }
  }

  /** Ends the agent's processes and gives its code a moment to come back. */
  async endAll(finished: Promise<AgentTurnResult>): Promise<AgentTurnResult> {
    const { graceMs } = this.#run
    const stopped = Promise.all(this.#processes.map((child) => child.stop(graceMs)))
    await Promise.race([
      Promise.all([stopped, finished]),
      stopped.then(() => sleep(LEAVE_MS, undefined, { ref: false })),
    ])
    return Promise.race([finished, sleep(0, nothingSaid)])
  }

  close(): void {
    this.#closed = true
    this.#orders[Symbol.dispose]()
    this.#steered?.[Symbol.dispose]()
  }

  // Ends the turn where somebody asked for that, and its processes at once where it is to be killed.
  #obey(): void {
    const { paused, stop, messages } = this.#run.journal.state
    if (paused || messages.some(({ mode }) => mode === 'interrupt')) this.#limits.end('interrupted')
    if (stop === 'kill') for (const child of this.#processes) void child.stop(0)
  }

  #onSteer(listener: (text: string) => Promise<boolean>): Disposable {
    this.#steered = this.#run.steering.listen(async (text) => {
      if (this.#closed || this.#limits.cut !== null) return false
      this.#limits.touch()
      return listener(text)
    })
    // What was said before it listened.
    void this.#run.inbox.deliver()
    return this.#steered
  }

  #emit(event: AgentEvent): void {
    if (this.#closed) return
    this.#limits.touch()
    void this.#log(event)
  }

  async #log(event: AgentEvent): Promise<void> {
    const { journal, host, taskId, limits } = this.#run
    const { turn } = this.#options
    try {
      await journal.append({ type: 'agent.event', turn, event })
    } catch {
      // Nothing may happen unlogged: the turn ends, and whoever waits for the journal gets the failure.
      return this.#limits.end('store')
    }
    void host.live.hooks['agent.output']?.({ taskId, turn, event })
    const record = journal.state.turns.at(-1)
    if (record !== undefined && isLooping(record, limits)) this.#limits.end('looping')
  }

  #spawn(spawn: AgentSpawn, cwd: string): AgentProcess {
    if (this.#closed || this.#limits.cut !== null)
      throw new Error('The turn is over; no process can be started any more.')
    const { marker, turn, env } = this.#options
    const number = this.#processes.length + 1
    const file = outputFile(this.#run, `turn-${turn}-${number}`)
    const child = startAgentProcess({
      command: spawn.command,
      args: spawn.args,
      stdin: spawn.stdin,
      cwd,
      env: {
        ...allowedEnvironment(this.#run.env),
        ...env,
        ...spawn.env,
        TRACEPARENT: traceParent(this.#run.taskId, `turn-${turn}`),
      },
      marker: `${marker}.${number}`,
      stdoutFile: file,
      stderrFile: file.replace(/\.log$/, '.stderr.log'),
      // Silence of the whole turn is what counts, and the turn watches that.
      idleMs: null,
      timeoutMs: null,
      graceMs: this.#run.graceMs,
      lineCapBytes: LINE_CAP_BYTES,
      onActivity: () => this.#limits.touch(),
      onOverlongLine: () => {
        const text = `${spawn.command} wrote a line of more than ${LINE_CAP_BYTES} bytes; it was cut. The whole output is in ${file}.`
        this.#emit({ type: 'notice', level: 'warn', text })
      },
    })
    this.#processes.push(child)
    return child
  }
}
