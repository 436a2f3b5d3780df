import { randomBytes } from 'node:crypto'
import { mkdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { PluginHost } from '@agentproxy/kernel'
import type { Logger } from '@agentproxy/plugin'
import type { Lease, SessionRecord, Store } from '@agentproxy/store'
import { GRACE_MS } from '../process/grace.ts'
import type { Environment } from '../process/environment.ts'
import { endMarked } from '../process/reap.ts'
import { type LoopLimits, defaultLimits } from '../session/limits.ts'
import type { LoggedEvent } from '../session/observe.ts'
import { type SessionState, canContinue, startingTree } from '../session/session-state.ts'
import type { TaskContract } from '../session/task-event.ts'
import type { TaskReport } from '../session/task-report.ts'
import { SupervisorError } from '../supervisor-error.ts'
import { git } from '../workspace/git.ts'
import { patchBetween } from '../workspace/tree-diff.ts'
import { openPlace } from '../workspace/place.ts'
import { readWorkspace } from '../workspace/workspace.ts'
import { type ApplyReport, type ApplyRequest, applyResult, isVerified } from './apply-result.ts'
import { type CleanReport, cleanSession } from './clean-session.ts'
import { FallbackReasoner } from './fallback-reasoner.ts'
import { Journal, readState } from './journal.ts'
import { LlmProposer } from './llm-proposer.ts'
import { ModelAsker } from './model-asker.ts'
import { PluginProposer } from './plugin-proposer.ts'
import { readPrompt } from './prompts.ts'
import { type Reasoner, reasonerNames } from './reasoner.ts'
import { rollBackFiles } from './roll-back-files.ts'
import type { RollbackReport, RollbackRequest } from './roll-back-files.ts'
import { rulesReasoner } from './rules-reasoner.ts'
import { runTask } from './run-task.ts'
import type { AskPerson, ModelAccess, TaskRun } from './task-run.ts'
import { Steering } from './turn/steering.ts'
import { withBudget } from './with-budget.ts'

const TITLE_CHARACTERS = 80

export interface SupervisorOptions {
  readonly host: PluginHost
  readonly store: Store
  /** Folder of the product's state; each session has its own folder in it. */
  readonly stateDir: string
  readonly models: ModelAccess
  readonly log: Logger
  /** The environment of which agents and checks get the allow-listed part. */
  readonly env: Environment
  /** Milliseconds between SIGTERM and SIGKILL. Default 5000. */
  readonly graceMs?: number
  readonly limits?: Partial<LoopLimits>
  /** How a person is asked; without it nobody can be. */
  readonly askPerson?: AskPerson
}

export interface RunOptions {
  readonly sessionId?: string
  /** Aborting it stops the agent and ends the task as cancelled, to be resumed. */
  readonly signal: AbortSignal
  /** What is sent through it reaches the agent of the running turn. */
  readonly steering?: Steering
  onEvent(event: LoggedEvent): void
}

export interface Supervisor {
  /** Runs a task to its end. Throws `SupervisorError` only for what stands in the way of starting. */
  start(contract: TaskContract, options: RunOptions): Promise<TaskReport>
  /** Continues a session that was killed or interrupted; a finished one only reports. */
  resume(sessionId: string, options: RunOptions): Promise<TaskReport>
  /** What the task changed so far, as a patch. */
  diff(sessionId: string): Promise<string>
  /** Puts the files back as they were before a turn. Refused while the session runs. */
  rollback(sessionId: string, request: RollbackRequest): Promise<RollbackReport>
  /** Writes what the task did in its private folder into the person's. Refused while the session runs. */
  apply(sessionId: string, request: ApplyRequest): Promise<ApplyReport>
  /** Removes the private folder of the task. Refused while the session runs. */
  clean(sessionId: string, request: { readonly discard: boolean }): Promise<CleanReport>
}

/** Creates the supervisor. It holds nothing open between calls. */
export function createSupervisor(options: SupervisorOptions): Supervisor {
  const limits = { ...defaultLimits, ...options.limits }
  return {
    start: (contract, run) => start(options, limits, { contract, run }),
    resume: (sessionId, run) => resume(options, limits, { sessionId, run }),
    diff: (sessionId) => diff(options, limits, sessionId),
    rollback: (sessionId, request) =>
      withFiles(options, limits, sessionId, async (journal, dir) =>
        rollBackFiles(journal, await openPlace(dir, intact(journal.state, sessionId)), request),
      ),
    apply: (sessionId, request) =>
      withFiles(options, limits, sessionId, (journal, dir) => applyResult(journal, dir, request)),
    clean: (sessionId, { discard }) =>
      withFiles(options, limits, sessionId, (journal, dir) =>
        cleanSession(journal, dir, { env: options.env, graceMs: options.graceMs ?? GRACE_MS, discard }),
      ),
  }
}

interface StartInput {
  readonly contract: TaskContract
  readonly run: RunOptions
}

async function start(
  options: SupervisorOptions,
  limits: LoopLimits,
  { contract, run }: StartInput,
): Promise<TaskReport> {
  await checkContract(options, contract)
  const sessionId = run.sessionId ?? randomBytes(8).toString('hex')
  const { agent, model, workingDir, objective } = contract
  const title = (objective.split('\n', 1)[0] ?? '').slice(0, TITLE_CHARACTERS)
  await options.store.sessions.create({ id: sessionId, title, workingDir, agent, model, state: 'preparing' })
  return withLease(options, sessionId, async (lease) => {
    const journal = new Journal({ ...options, lease, limits, onEvent: (event) => run.onEvent(event) })
    await journal.append({ type: 'task.created', contract })
    return work(options, limits, { journal, lease, run })
  })
}

interface ResumeInput {
  readonly sessionId: string
  readonly run: RunOptions
}

async function resume(
  options: SupervisorOptions,
  limits: LoopLimits,
  { sessionId, run }: ResumeInput,
): Promise<TaskReport> {
  await existing(options, sessionId)
  return withLease(options, sessionId, async (lease) => {
    const state = await readState(options.store, sessionId, limits)
    const contract = intact(state, sessionId)
    if (state.end !== null && !canContinue(state.end)) {
      const ended = new Journal({ ...options, lease, limits, onEvent: (event) => run.onEvent(event) }, state)
      await applyIfAsked(ended, sessionFolder(options, sessionId))
      return report(ended.state, sessionId)
    }
    await checkContract(options, contract)
    let orphansEnded = 0
    for (const marker of state.markers) orphansEnded += await endMarked(marker, options.graceMs ?? GRACE_MS)
    const journal = new Journal({ ...options, lease, limits, onEvent: (event) => run.onEvent(event) }, state)
    await journal.append({ type: 'task.resumed', generation: lease.generation, orphansEnded })
    await options.store.sessions.update(sessionId, { outcome: null })
    return work(options, limits, { journal, lease, run })
  })
}

interface WorkInput {
  readonly journal: Journal
  readonly lease: Lease
  readonly run: RunOptions
}

async function work(options: SupervisorOptions, limits: LoopLimits, input: WorkInput): Promise<TaskReport> {
  const { journal, lease } = input
  const { signal, steering = new Steering() } = input.run
  const taskId = lease.sessionId
  const sessionDir = sessionFolder(options, taskId)
  await mkdir(sessionDir, { recursive: true, mode: 0o700 })
  const contract = intact(journal.state, taskId)
  const models = withBudget(options.models, () => intact(journal.state, taskId).budgets)
  const asker = new ModelAsker({ models, taskId, retryBaseMs: limits.retryBaseMs })
  const task: TaskRun = {
    ...options,
    models,
    asker,
    askPerson: options.askPerson ?? null,
    taskId,
    journal,
    lease,
    sessionDir,
    signal,
    steering,
    limits,
    reasoner: reasonerFor(options.host, {
      contract,
      taskId,
      asker,
      prompt: () => readPrompt(task, 'decide'),
    }),
    rules: rulesReasoner,
    graceMs: options.graceMs ?? GRACE_MS,
    workspace: null,
  }
  try {
    await runTask(task)
  } finally {
    options.models.revokeTokens(taskId)
  }
  await applyIfAsked(journal, sessionDir)
  return report(journal.state, taskId)
}

interface ReasonerInput {
  readonly contract: TaskContract
  readonly taskId: string
  readonly asker: ModelAsker
  readonly prompt: () => Promise<string>
}

function reasonerFor(host: PluginHost, { contract, taskId, asker, prompt }: ReasonerInput): Reasoner {
  const { reasoner: name } = contract
  if (name === 'rules') return rulesReasoner
  if (name !== 'llm') return new FallbackReasoner(new PluginProposer({ host, name, taskId }))
  const model = contract.reasonerModel ?? contract.model
  if (model === null) return rulesReasoner
  return new FallbackReasoner(new LlmProposer({ asker, model, prompt }))
}

async function checkContract({ host }: SupervisorOptions, contract: TaskContract): Promise<void> {
  const agents = [...host.live.agents.keys()]
  if (!agents.includes(contract.agent)) {
    const known = agents.length === 0 ? 'No plugin provides an agent.' : `Known agents: ${agents.join(', ')}.`
    throw new SupervisorError('AGENT_UNKNOWN', `There is no agent ${contract.agent}. ${known}`)
  }
  const reasoners = reasonerNames(host)
  if (!reasoners.includes(contract.reasoner)) {
    const known = `Known reasoners: ${reasoners.join(', ')}.`
    throw new SupervisorError('REASONER_UNKNOWN', `There is no reasoner ${contract.reasoner}. ${known}`)
  }
  if (contract.reasoner === 'llm' && contract.reasonerModel === null && contract.model === null) {
    throw new SupervisorError(
      'REASONER_MODEL_MISSING',
      'The llm reasoner needs a model. Name one, or use the reasoner rules.',
    )
  }
  const found = await stat(contract.workingDir).catch(() => null)
  if (found === null || !found.isDirectory()) {
    throw new SupervisorError(
      'WORKSPACE_MISSING',
      `The working directory ${contract.workingDir} does not exist.`,
    )
  }
  await git(['--version'], { cwd: contract.workingDir })
}

async function existing({ store }: SupervisorOptions, sessionId: string): Promise<SessionRecord> {
  const session = await store.sessions.get(sessionId)
  if (session !== null) return session
  throw new SupervisorError(
    'SESSION_UNKNOWN',
    `There is no session ${sessionId}. List the sessions to find its id.`,
  )
}

function intact(state: SessionState, sessionId: string): TaskContract {
  if (state.contract !== null) return state.contract
  throw new SupervisorError(
    'SESSION_BROKEN',
    `Session ${sessionId} has no task in its log: it ended before it began. Start the task anew.`,
  )
}

async function withLease<Result>(
  { store }: SupervisorOptions,
  sessionId: string,
  act: (lease: Lease) => Promise<Result>,
): Promise<Result> {
  const lease = await store.leases.acquire(sessionId).catch((error: unknown) => {
    if ((error as { code?: unknown }).code !== 'LEASE_HELD') throw error
    throw new SupervisorError(
      'SESSION_BUSY',
      `Session ${sessionId} is being run by another process. Stop that one first.`,
      error,
    )
  })
  try {
    return await act(lease)
  } finally {
    await store.leases.release(lease)
  }
}

/** Brings a verified result back where the task asks for it. What does not fit is told and left to the person. */
async function applyIfAsked(journal: Journal, sessionDir: string): Promise<void> {
  const { state } = journal
  if (state.contract?.workspace.apply !== true || state.applied !== null || !isVerified(state)) return
  try {
    await applyResult(journal, sessionDir, { unverified: false })
  } catch (error) {
    if (!SupervisorError.is(error)) throw error
    await journal.append({ type: 'notice', level: 'warn', text: error.message })
  }
}

function report(state: SessionState, sessionId: string): TaskReport {
  if (state.end === null) throw new Error(`Session ${sessionId} stopped without an end.`)
  const { outcome, reason, message, turns, durationMs, changes, findings } = state.end
  const inPlace = (state.contract?.workspace.mode ?? 'in-place') === 'in-place'
  const applied = inPlace || (state.applied !== null && state.applied === state.tree)
  return { sessionId, outcome, reason, message, turns, durationMs, changes, findings, applied }
}

async function diff(options: SupervisorOptions, limits: LoopLimits, sessionId: string): Promise<string> {
  await existing(options, sessionId)
  const state = await readState(options.store, sessionId, limits)
  const from = startingTree(state)
  if (from === null || state.tree === null) return ''
  return patchBetween(readWorkspace(sessionFolder(options, sessionId)), { from, to: state.tree })
}

/** Does something with the files of a session that nobody runs meanwhile. */
async function withFiles<Result>(
  options: SupervisorOptions,
  limits: LoopLimits,
  sessionId: string,
  act: (journal: Journal, sessionDir: string) => Promise<Result>,
): Promise<Result> {
  await existing(options, sessionId)
  return withLease(options, sessionId, async (lease) => {
    const state = await readState(options.store, sessionId, limits)
    intact(state, sessionId)
    const journal = new Journal({ ...options, lease, limits, onEvent: () => {} }, state)
    return act(journal, sessionFolder(options, sessionId))
  })
}

function sessionFolder({ stateDir }: SupervisorOptions, sessionId: string): string {
  return join(stateDir, 'sessions', sessionId)
}
