import type { Contributed, PluginHost } from '@agentproxy/kernel'
import type { PluginCheck, PluginCheckSpec } from '@agentproxy/plugin'
import type { TaskRun } from '../task-run.ts'
import { within } from '../within.ts'

const DEFAULT_TIMEOUT_MS = 600_000
const APPLIES_LIMIT_MS = 5000

export interface AskedTask {
  readonly taskId: string
  readonly prompt: string
  readonly workingDir: string
}

export interface ApplicableChecks {
  readonly checks: readonly PluginCheckSpec[]
  /** What a person should know about how they were found. */
  readonly notices: readonly string[]
}

/** The plugins' checks whose affair this task is. One that cannot say so is taken to apply: less is never proved by a failure. */
export async function findApplicable(run: TaskRun, task: AskedTask): Promise<ApplicableChecks> {
  const notices: string[] = []
  const found = await Promise.all(
    [...run.host.live.checks].map(async ([name, one]) => {
      const problem = await whetherApplies(run, one.value, task)
      if (problem === false) return []
      if (problem !== null)
        notices.push(
          `Whether the check ${name} of plugin ${one.plugin} applies is not known (${problem}), so it does.`,
        )
      return [specOf(name, one)]
    }),
  )
  return { checks: found.flat(), notices }
}

/** null: it applies. false: it does not. A text: why nobody knows. */
async function whetherApplies(
  run: TaskRun,
  check: PluginCheck,
  task: AskedTask,
): Promise<string | false | null> {
  try {
    const answer: unknown = await within({ limitMs: APPLIES_LIMIT_MS, signal: run.signal }, () =>
      check.applies?.(task),
    )
    if (typeof answer !== 'boolean') return 'it answered neither true nor false'
    return answer ? null : false
  } catch (error) {
    run.signal.throwIfAborted()
    return error instanceof Error ? error.message : String(error)
  }
}

function specOf(name: string, { plugin, value }: Contributed<PluginCheck>): PluginCheckSpec {
  const { required = true, timeoutMs = DEFAULT_TIMEOUT_MS } = value
  return { name: nameOf(name), kind: 'plugin', plugin, required, timeoutMs }
}

/** The live check a task's list means; null when its plugin is gone or no longer has it. */
export function findPluginCheck({ live }: PluginHost, spec: PluginCheckSpec): PluginCheck | null {
  for (const [name, { plugin, value }] of live.checks)
    if (nameOf(name) === spec.name && plugin === spec.plugin) return value
  return null
}

function nameOf(check: string): string {
  return `plugin:${check}`
}
