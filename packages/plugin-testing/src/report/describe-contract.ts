import { contract } from '../contract/contract.ts'
import type { ContractOptions } from '../contract/options.ts'
import type { PluginInput } from '../host/create-test-host.ts'

/** Milliseconds; checks that wait for a hanging plugin end by themselves well before. */
const TEST_TIMEOUT_MS = 120_000

/** What vitest, node:test and jest have in common. */
export interface TestRunner {
  describe(name: string, define: () => void): unknown
  test(name: string, run: () => Promise<void>, timeoutMs?: number): unknown
}

/** Declares one test for each check. Without a runner it takes the globals `describe` and `test`. */
export function describeContract(
  plugin: PluginInput,
  options: ContractOptions = {},
  runner: TestRunner = globalRunner(),
): void {
  const name = typeof plugin === 'string' ? plugin : plugin.name
  runner.describe(`plugin ${name} keeps the contract`, () => {
    for (const check of contract(plugin, options)) {
      // Rest parameters: a function with a declared parameter means callback style to jest.
      const run = async (...given: unknown[]): Promise<void> => {
        await check.run()
        if (check.skip !== null) skipTest(given[0], check.skip)
      }
      runner.test(`${check.id}: ${check.title}`, run, TEST_TIMEOUT_MS)
    }
  })
}

/** Marks the running test as skipped, where its runner can do so from within; elsewhere it passes. */
function skipTest(context: unknown, reason: string): void {
  // That of vitest is a function with members.
  if ((typeof context !== 'object' && typeof context !== 'function') || context === null) return
  if ('skip' in context && typeof context.skip === 'function') context.skip(reason)
}

function globalRunner(): TestRunner {
  const { describe, test } = globalThis as Partial<TestRunner>
  if (describe === undefined || test === undefined)
    throw new Error(
      'no test runner is global here; pass yours, as in describeContract(plugin, {}, { describe, test })',
    )
  return { describe, test }
}
