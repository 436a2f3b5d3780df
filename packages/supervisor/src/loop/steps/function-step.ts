import { randomUUID } from 'node:crypto'
import { validateCall } from '../../functions/registry.ts'
import type { FunctionOutcome, ProcessPlace } from '../../functions/supervisor-function.ts'
import type { Action } from '../../session/decide.ts'
import { taskSurroundings } from '../checks/task-surroundings.ts'
import { readPrompt } from '../prompts.ts'
import { type TaskRun, outputFile, workspaceOf } from '../task-run.ts'

type FunctionAction = Extract<Action, { readonly do: 'run-function' }>

/** Carries out what was decided, between the `function.before` and `function.after` hooks. */
export async function functionStep(run: TaskRun, action: FunctionAction): Promise<void> {
  const { turn, function: name } = action
  const { hooks } = run.host.live
  const call = { taskId: run.taskId, turn, function: name, arguments: action.arguments }
  const startedAt = performance.now()
  const before = await hooks['function.before']?.(call)
  const args = before === undefined || before.blocked ? action.arguments : before.payload.arguments
  const outcome: FunctionOutcome =
    before?.blocked === true
      ? { ok: false, result: `${name} was blocked by plugin ${before.plugin}: ${before.reason}`, tree: null }
      : await carryOut(run, name, args)
  const after = await hooks['function.after']?.({
    ...call,
    arguments: args,
    ok: outcome.ok,
    result: outcome.result,
    durationMs: Math.round(performance.now() - startedAt),
  })
  const result = after === undefined || after.blocked ? outcome.result : after.payload.result
  // What was done is done; a block afterwards withholds only its success.
  const held =
    after?.blocked === true
      ? { ok: false, result: `${name}: plugin ${after.plugin} refused the result: ${after.reason}` }
      : { result }
  await run.journal.append({ type: 'function.finished', turn, function: name, ...outcome, ...held })
}

async function carryOut(run: TaskRun, name: string, args: unknown): Promise<FunctionOutcome> {
  const call = validateCall(name, args)
  if (!call.ok) return { ok: false, result: call.problem, tree: null }
  return call.function.run(call.arguments, {
    taskId: run.taskId,
    state: run.journal.state,
    workspace: await workspaceOf(run),
    signal: run.signal,
    append: (event) => run.journal.append(event),
    process: (what) => processPlace(run, what),
    askModel: async (prompt, model, question) =>
      run.asker.ask({
        model,
        messages: [
          { role: 'system', content: await readPrompt(run, prompt) },
          { role: 'user', content: JSON.stringify(question, null, 2) },
        ],
        signal: run.signal,
      }),
    guardDone: async (payload) =>
      (await run.host.live.hooks['task.before-done']?.(payload)) ?? { blocked: false },
    ask: (question, choices) =>
      run.journal.append({
        type: 'question.asked',
        id: randomUUID().slice(0, 8),
        turn: run.journal.state.turns.length,
        question,
        choices,
      }),
  })
}

async function processPlace(run: TaskRun, what: string): Promise<ProcessPlace> {
  const place = { file: outputFile(run, what), limitMs: 0, step: what }
  const { dir: cwd, announce, ...around } = await taskSurroundings(run, place)
  return { ...around, cwd, marker: await announce(what) }
}
