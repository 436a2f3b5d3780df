import { contract } from '../contract/contract.ts'
import { messageOf } from '../contract/message-of.ts'
import type { ContractOptions } from '../contract/options.ts'
import type { PluginInput } from '../host/create-test-host.ts'

export interface CheckOutcome {
  readonly id: string
  readonly title: string
  readonly outcome: 'pass' | 'fail' | 'skip'
  /** Why it failed or was skipped; null = it passed. */
  readonly reason: string | null
  readonly durationMs: number
}

/** How a plugin keeps the contract. */
export interface ContractReport {
  /** Whether no check failed. */
  readonly ok: boolean
  readonly passed: number
  readonly failed: number
  readonly skipped: number
  readonly checks: readonly CheckOutcome[]
}

/** Runs all checks, one after another. Never rejects for what the plugin does. */
export async function runContract(
  plugin: PluginInput,
  options: ContractOptions = {},
): Promise<ContractReport> {
  const checks: CheckOutcome[] = []
  for (const check of contract(plugin, options)) {
    const started = performance.now()
    const problem = await check.run().then(
      () => null,
      (thrown: unknown) => messageOf(thrown),
    )
    checks.push({
      id: check.id,
      title: check.title,
      outcome: problem !== null ? 'fail' : check.skip !== null ? 'skip' : 'pass',
      reason: problem ?? check.skip,
      durationMs: Math.round(performance.now() - started),
    })
  }
  const count = (outcome: CheckOutcome['outcome']): number =>
    checks.filter((check) => check.outcome === outcome).length
  const failed = count('fail')
  return { ok: failed === 0, passed: count('pass'), failed, skipped: count('skip'), checks }
}
