import { mkdir } from 'node:fs/promises'
import type { Lease } from '@agentproxy/store'
import { GRACE_MS } from '../process/grace.ts'
import { endMarked } from '../process/reap.ts'
import type { LoopLimits } from '../session/limits.ts'
import type { LoggedEvent } from '../session/observe.ts'
import { type SessionState, canContinue } from '../session/session-state.ts'
import type { TaskContract } from '../session/task-event.ts'
import type { TaskReport } from '../session/task-report.ts'
import { applyIfAsked } from './apply-result.ts'
import { checkContract } from './check-contract.ts'
import { chooseReasoner } from './choose-reasoner.ts'
import { Inbox } from './inbox.ts'
import { Journal, readState } from './journal.ts'
import { ModelAsker } from './model-asker.ts'
import { readPrompt } from './prompts.ts'
import { rulesReasoner } from './rules-reasoner.ts'
import { runTask } from './run-task.ts'
import { acquire, existing, intact, reportOf, sessionFolder } from './stored-session.ts'
import type { RunOptions, SupervisorOptions } from './supervisor-options.ts'
import type { TaskRun } from './task-run.ts'
import { Steering } from './turn/steering.ts'
import { withBudget } from './with-budget.ts'

const TITLE_CHARACTERS = 80

export interface HeldTaskParts extends SupervisorOptions {
  readonly loopLimits: LoopLimits
  /** Those of the tasks that run in this process, by session: they hear an order at once. */
  readonly inboxes: Map<string, Inbox>
}

/** A task that no other process can run, until it has run here or is given back. */
export class HeldTask {
  readonly sessionId: string
  readonly #parts: HeldTaskParts
  readonly #lease: Lease
  readonly #journal: Journal
  readonly #unseen: LoggedEvent[] = []
  #tell = (event: LoggedEvent): void => void this.#unseen.push(event)

  constructor(parts: HeldTaskParts, lease: Lease, state?: SessionState) {
    this.sessionId = lease.sessionId
    this.#parts = parts
    this.#lease = lease
    const { store, log, loopLimits: limits } = parts
    this.#journal = new Journal({ store, log, lease, limits, onEvent: (event) => this.#tell(event) }, state)
  }

  get state(): SessionState {
    return this.#journal.state
  }

  /** Makes the session of a new task; it waits to be run. */
  static async create(parts: HeldTaskParts, contract: TaskContract, id: string): Promise<HeldTask> {
    await checkContract(parts.host, contract)
    const { agent, model, workingDir, objective } = contract
    const title = (objective.split('\n', 1)[0] ?? '').slice(0, TITLE_CHARACTERS)
    await parts.store.sessions.create({ id, title, workingDir, agent, model, state: 'queued' })
    const held = new HeldTask(parts, await acquire(parts.store, id))
    await held.#journal.append({ type: 'task.created', contract })
    return held
  }

  /** Takes the session of a task that is run by nobody. */
  static async take(parts: HeldTaskParts, sessionId: string): Promise<HeldTask> {
    await existing(parts.store, sessionId)
    const lease = await acquire(parts.store, sessionId)
    try {
      return new HeldTask(parts, lease, await readState(parts.store, sessionId, parts.loopLimits))
    } catch (error) {
      await parts.store.leases.release(lease)
      throw error
    }
  }

  /** Runs it to its end and gives it back; one that ended for good only reports. */
  async run(options: RunOptions): Promise<TaskReport> {
    try {
      const contract = intact(this.state, this.sessionId)
      for (const event of this.#unseen.splice(0)) options.onEvent(event)
      this.#tell = (event) => options.onEvent(event)
      if (this.state.end === null || canContinue(this.state.end)) {
        await checkContract(this.#parts.host, contract)
        await this.#work(options, contract)
      }
      await applyIfAsked(this.#journal, sessionFolder(this.#parts.stateDir, this.sessionId))
      return reportOf(this.state, this.sessionId)
    } finally {
      await this.release()
    }
  }

  /** Ends what a dead process left running, and the task with it; it can be resumed. Gives it back. */
  async interrupt(message: string): Promise<void> {
    try {
      await this.#endOrphans()
      const { turns, activeMs: durationMs, gate } = this.state
      await this.#journal.append({
        type: 'task.finished',
        outcome: 'cancelled',
        reason: 'interrupted',
        message,
        turns: turns.length,
        durationMs,
        changes: gate?.changes ?? [],
        findings: gate?.findings ?? [],
      })
      await this.#journal.end('cancelled')
    } finally {
      await this.release()
    }
  }

  release(): Promise<void> {
    return this.#parts.store.leases.release(this.#lease)
  }

  async #endOrphans(): Promise<number> {
    let ended = 0
    for (const marker of this.state.markers) ended += await endMarked(marker, this.#parts.graceMs ?? GRACE_MS)
    return ended
  }

  async #work(options: RunOptions, contract: TaskContract): Promise<void> {
    const { store, log, inboxes, models } = this.#parts
    const steering = new Steering()
    const journal = this.#journal
    await using inbox = new Inbox({
      store,
      journal,
      taskId: this.sessionId,
      log,
      steer: (text) => steering.send(text),
    })
    // What was asked before this run is known before it counts as resumed: an old stop stops nothing any more.
    await inbox.catchUp()
    if (journal.state.stage !== 'created') await this.#resumed()
    inboxes.set(this.sessionId, inbox)
    try {
      await inbox.open()
      await runTask(await this.#taskRun(options, contract, { inbox, steering }))
    } finally {
      inboxes.delete(this.sessionId)
      models.revokeTokens(this.sessionId)
    }
  }

  async #resumed(): Promise<void> {
    const { generation } = this.#lease
    const orphansEnded = await this.#endOrphans()
    await this.#journal.append({ type: 'task.resumed', generation, orphansEnded })
    await this.#parts.store.sessions.update(this.sessionId, { outcome: null })
  }

  async #taskRun(
    { signal, attended = false }: RunOptions,
    contract: TaskContract,
    { inbox, steering }: Pick<TaskRun, 'inbox' | 'steering'>,
  ): Promise<TaskRun> {
    const { loopLimits: limits, stateDir, host } = this.#parts
    const journal = this.#journal
    const taskId = this.sessionId
    const sessionDir = sessionFolder(stateDir, taskId)
    await mkdir(sessionDir, { recursive: true, mode: 0o700 })
    const models = withBudget(this.#parts.models, () => intact(journal.state, taskId).budgets)
    const { graceMs = GRACE_MS, askPerson = null } = this.#parts
    const asker = new ModelAsker({ models, taskId, retryBaseMs: limits.retryBaseMs })
    const prompt = (): Promise<string> => readPrompt(task, 'decide')
    const task: TaskRun = {
      ...this.#parts,
      models,
      asker,
      askPerson,
      taskId,
      journal,
      lease: this.#lease,
      sessionDir,
      signal: AbortSignal.any([signal, inbox.stopped]),
      inbox,
      steering,
      attended,
      limits,
      reasoner: chooseReasoner(host, { contract, taskId, asker, prompt }),
      rules: rulesReasoner,
      get graceMs() {
        return journal.state.stop === 'kill' ? 0 : graceMs
      },
      workspace: null,
    }
    return task
  }
}
