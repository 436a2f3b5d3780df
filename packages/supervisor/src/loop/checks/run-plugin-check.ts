import { mkdir, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { PluginCheckSpec } from '@agentproxy/plugin'
import { z } from 'zod'
import { startingTree } from '../../session/session-state.ts'
import { changedFiles } from '../../workspace/tree-diff.ts'
import { type TaskRun, contractOf, workspaceOf } from '../task-run.ts'
import { within } from '../within.ts'
import { type CheckOutcome, notRun, tailOf } from '../../gate/check-outcome.ts'
import { findPluginCheck } from './plugin-checks.ts'

export interface PluginCheckCall {
  readonly check: PluginCheckSpec
  readonly baseline: boolean
  /** The files as they are. */
  readonly tree: string
  /** Takes the whole output. */
  readonly file: string
  readonly limitMs: number
}

const verdictSchema = z.object({
  verdict: z.enum(['pass', 'fail', 'vacuous', 'error', 'skipped']),
  reason: z.string(),
  output: z.string().default(''),
})

/** Asks the plugin. Whatever is not a verdict (a throw, silence, another shape, a plugin that is gone) is an `error`. */
export async function runPluginCheck(run: TaskRun, call: PluginCheckCall): Promise<CheckOutcome> {
  const check = findPluginCheck(run.host, call.check)
  if (check === null) return notRun('error', `plugin ${call.check.plugin} no longer provides it`, null)
  const filesChanged = call.baseline ? [] : await changedSince(run, call.tree)
  const { objective: prompt } = contractOf(run)
  const { dir: workingDir } = await workspaceOf(run)
  const startedAt = performance.now()
  const { verdict, reason, output } = await within({ limitMs: call.limitMs, signal: run.signal }, (signal) =>
    check.run({ taskId: run.taskId, prompt, workingDir, filesChanged, baseline: call.baseline, signal }),
  ).then(
    (answer: unknown) => {
      const parsed = verdictSchema.safeParse(answer)
      return parsed.success ? parsed.data : failed(`it gave no verdict: ${z.prettifyError(parsed.error)}`)
    },
    (error: unknown) => failed(error instanceof Error ? error.message : String(error)),
  )
  return {
    ...notRun('error', '', null),
    verdict,
    reason,
    outputTail: tailOf(output),
    outputFile: await keep(call.file, output),
    durationMs: Math.round(performance.now() - startedAt),
  }
}

function failed(reason: string) {
  return { verdict: 'error', reason, output: '' } as const
}

async function changedSince(run: TaskRun, tree: string): Promise<readonly string[]> {
  const from = startingTree(run.journal.state) ?? tree
  return (await changedFiles(await workspaceOf(run), from, tree)).map((change) => change.path)
}

async function keep(file: string, output: string): Promise<string | null> {
  if (output === '') return null
  await mkdir(dirname(file), { recursive: true, mode: 0o700 })
  await writeFile(file, output, { mode: 0o600 })
  return file
}
