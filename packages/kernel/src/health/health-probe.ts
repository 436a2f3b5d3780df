import type { HealthCheck, HealthResult, HealthStatus } from '@agentproxy/plugin'
import { withDeadline } from '../deadline.ts'
import { textOf } from '../text-of.ts'

/** How one plugin is. */
export interface PluginHealth {
  readonly status: HealthStatus
  /** One sentence for a person; empty where the plugin said none. */
  readonly output: string
  readonly details: Readonly<Record<string, unknown>>
  /** Milliseconds the check took. */
  readonly durationMs: number
}

/** One plugin's check. Whatever the check does, asking it gives an answer. */
export class HealthProbe {
  readonly #check: HealthCheck
  /** The answer being waited for, shared by all who ask meanwhile. */
  #asking: Promise<PluginHealth> | null = null
  /** Whether a run has not settled, perhaps long after its time limit. */
  #pending = false

  constructor(check: HealthCheck) {
    this.#check = check
  }

  ask(limitMs: number): Promise<PluginHealth> {
    this.#asking ??= this.#ask(limitMs).finally(() => {
      this.#asking = null
    })
    return this.#asking
  }

  async #ask(limitMs: number): Promise<PluginHealth> {
    const started = performance.now()
    const answer = (result: HealthResult): PluginHealth => ({
      status: result.status,
      output: result.output ?? '',
      details: result.details ?? {},
      durationMs: performance.now() - started,
    })
    // A check that hangs is not started again and again: one of them is enough.
    if (this.#pending) return answer(failing('its last check is still running'))
    const controller = new AbortController()
    const pending = this.#run(controller.signal)
    const slow = (): Error => new Error(`its check took longer than ${limitMs} ms`)
    try {
      return answer(await withDeadline(pending, limitMs, slow))
    } catch (thrown) {
      controller.abort(thrown)
      return answer(failing(textOf(thrown)))
    }
  }

  async #run(signal: AbortSignal): Promise<HealthResult> {
    this.#pending = true
    try {
      const result: unknown = await this.#check(signal)
      if (isHealthResult(result)) return result
      return failing("its check gave no status of 'pass', 'warn' or 'fail'")
    } finally {
      this.#pending = false
    }
  }
}

function failing(output: string): HealthResult {
  return { status: 'fail', output }
}

function isHealthResult(value: unknown): value is HealthResult {
  if (typeof value !== 'object' || value === null || !('status' in value)) return false
  return value.status === 'pass' || value.status === 'warn' || value.status === 'fail'
}
