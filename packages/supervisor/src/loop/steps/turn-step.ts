import { randomUUID } from 'node:crypto'
import { lstat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { AgentDefinition, AgentStart, AgentTurnResult } from '@agentproxy/plugin'
import { endMarked } from '../../process/reap.ts'
import type { Action } from '../../session/decide.ts'
import { remainingMs } from '../../session/decide.ts'
import type { ChangedFile } from '../../session/task-event.ts'
import { isLooping } from '../../session/stuck.ts'
import { restore } from '../../workspace/restore.ts'
import { changedFiles } from '../../workspace/tree-diff.ts'
import { type TaskRun, contractOf, snapshotTree, workspaceOf } from '../task-run.ts'
import { fileGuard } from '../turn/file-guard.ts'
import { runAgent } from '../turn/run-agent.ts'
import { finishStep } from './finish-step.ts'

/** Changed files that are looked at for second names. */
const LOOKED_AT = 1_000

type TurnAction = Extract<Action, { readonly do: 'start-turn' }>

/** Runs the agent once and records what it left behind, by the files and not by its words. */
export async function turnStep(run: TaskRun, action: TurnAction): Promise<void> {
  await waitBefore(run, action.delayMs)
  const { turn } = action
  const contract = contractOf(run)
  const start = startOf(run, action)
  const verdict = await run.host.live.hooks['agent.start']?.(start)
  if (verdict?.blocked === true) {
    const message = `The agent's start was blocked by plugin ${verdict.plugin}: ${verdict.reason}`
    return finishStep(run, { outcome: 'blocked', reason: 'plugin', message })
  }
  const { prompt, model, env, allowedTools } = verdict?.payload ?? start
  const marker = randomUUID()
  await run.journal.append({
    type: 'process.starting',
    marker,
    what: `agent ${contract.agent}, turn ${turn}`,
  })
  const { messages } = action
  await run.journal.append({
    type: 'turn.started',
    turn,
    prompt,
    model,
    tree: await snapshotTree(run),
    messages,
  })
  const startedAt = performance.now()
  const agent = run.host.live.agents.get(contract.agent)?.value
  const result =
    agent === undefined
      ? notLoaded(contract.agent)
      : await guarded(run, agent, { turn, prompt, model, env, allowedTools, marker })
  await tellLoop(run)
  const { tree, changes } = await guardFiles(run, turn)
  const durationMs = Math.round(performance.now() - startedAt)
  const limitedUntil = await limitBehind(run, result)
  await run.journal.append({
    type: 'turn.finished',
    turn,
    result,
    tree,
    changes,
    durationMs,
    limitedUntil,
  })
}

function startOf(run: TaskRun, { turn, prompt }: TurnAction): AgentStart {
  const { agent, model } = contractOf(run)
  return { taskId: run.taskId, turn, agent, prompt, model, env: {}, allowedTools: null }
}

// The gateway knows what the agent's calls were refused for, whatever the agent makes of it.
async function limitBehind(run: TaskRun, { error }: AgentTurnResult): Promise<number | null> {
  const until = error === null ? null : (run.models.limitedUntil?.(run.taskId) ?? null)
  if (until === null || until <= Date.now()) return null
  const then = contractOf(run).waitsForLimit ? ' The task goes on then.' : ''
  const text = `A rate limit stands until ${new Date(until).toISOString()}.${then}`
  await run.journal.append({ type: 'notice', level: 'warn', text })
  return until
}

async function waitBefore(run: TaskRun, delayMs: number): Promise<void> {
  if (delayMs === 0) return
  const text = `The agent failed; its turn is tried again in ${Math.round(delayMs / 1000)} s.`
  await run.journal.append({ type: 'notice', level: 'warn', text })
  await sleep(Math.min(delayMs, remainingMs(run.journal.state, Date.now())), undefined, {
    signal: run.signal,
  })
}

async function guarded(
  run: TaskRun,
  agent: AgentDefinition,
  options: Omit<Parameters<typeof runAgent>[1], 'agent'>,
): Promise<AgentTurnResult> {
  try {
    return await runAgent(run, { agent, ...options })
  } finally {
    // Tools left in sessions of their own end with the turn, however it ended.
    await endMarked(options.marker, run.graceMs)
  }
}

async function tellLoop(run: TaskRun): Promise<void> {
  const record = run.journal.state.turns.at(-1)
  if (record === undefined || !isLooping(record, run.limits)) return
  const text = `The turn was interrupted: the same tool call gave the same result ${run.limits.repeatedCalls} times in a row.`
  await run.journal.append({ type: 'notice', level: 'warn', text })
}

interface Left {
  readonly tree: string
  readonly changes: readonly ChangedFile[]
}

// Every file the turn changed is shown to the guards; a refused one goes back to what it was.
async function guardFiles(run: TaskRun, turn: number): Promise<Left> {
  const workspace = await workspaceOf(run)
  const startTree = run.journal.state.turns.at(-1)?.startTree ?? ''
  const tree = await snapshotTree(run)
  const changes = await changedFiles(workspace, startTree, tree)
  await tellSharedFiles(run, changes)
  const refuse = fileGuard(run)
  if (refuse === null || changes.length === 0) return { tree, changes }
  const refused: { path: string; plugin: string; reason: string }[] = []
  for (const { path, operation } of changes) {
    const refusal = await refuse({ path, operation, phase: 'after' })
    if (refusal !== null) refused.push({ path, plugin: refusal.by, reason: refusal.reason })
  }
  if (refused.length === 0) return { tree, changes }
  const paths = refused.map((file) => file.path)
  await restore(workspace, startTree, paths)
  for (const file of refused) await run.journal.append({ type: 'file.rolled-back', turn, ...file })
  const restored = await snapshotTree(run)
  return { tree: restored, changes: await changedFiles(workspace, startTree, restored) }
}

// A file with a second name is changed under both, and the other may be anywhere.
async function tellSharedFiles(run: TaskRun, changes: readonly ChangedFile[]): Promise<void> {
  const { dir } = await workspaceOf(run)
  const shared: string[] = []
  for (const { path, operation } of changes.slice(0, LOOKED_AT)) {
    const found = operation === 'delete' ? null : await lstat(join(dir, path)).catch(() => null)
    if (found?.isFile() === true && found.nlink > 1) shared.push(path)
  }
  if (shared.length === 0) return
  const text = `Changed files that are hard links, so that another path was changed with them: ${shared.slice(0, 5).join(', ')}`
  await run.journal.append({ type: 'notice', level: 'warn', text })
}

function notLoaded(name: string): AgentTurnResult {
  const message = `No plugin provides the agent ${name} any more.`
  return {
    stopReason: 'error',
    message: '',
    error: { code: 'not_found', message, retryable: false },
    conversationId: null,
  }
}
