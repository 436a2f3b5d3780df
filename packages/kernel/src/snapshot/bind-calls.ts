import type { PluginCheck, ReasonerDefinition } from '@agentproxy/plugin'
import type { Contributor } from './contribution.ts'

/** A check whose calls count as its plugin's activity; they fail, and their signal is aborted, when the plugin goes. */
export function bindCheck(owner: Contributor, check: PluginCheck): PluginCheck {
  const { name, description, required, timeoutMs } = check
  return {
    name,
    description,
    ...(required !== undefined && { required }),
    ...(timeoutMs !== undefined && { timeoutMs }),
    applies: (task) => during(owner, async () => (check.applies === undefined ? true : check.applies(task))),
    run: (run) => during(owner, async () => check.run({ ...run, signal: either(run.signal, owner) })),
  }
}

/** The same for a reasoner. */
export function bindReasoner(owner: Contributor, reasoner: ReasonerDefinition): ReasonerDefinition {
  const { name, description, timeoutMs } = reasoner
  return {
    name,
    description,
    ...(timeoutMs !== undefined && { timeoutMs }),
    decide: (input) =>
      during(owner, async () => reasoner.decide({ ...input, signal: either(input.signal, owner) })),
  }
}

function either(signal: AbortSignal, owner: Contributor): AbortSignal {
  return AbortSignal.any([signal, owner.signal])
}

async function during<Result>(owner: Contributor, act: () => Promise<Result>): Promise<Result> {
  const { signal, activity } = owner
  signal.throwIfAborted()
  const left = new AbortController()
  const gone = new Promise<never>((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), {
      once: true,
      signal: left.signal,
    })
  })
  activity.enter()
  try {
    return await Promise.race([act(), gone])
  } finally {
    left.abort()
    activity.leave()
  }
}
