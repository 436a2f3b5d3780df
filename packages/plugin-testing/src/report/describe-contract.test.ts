import { definePlugin } from '@agentproxy/plugin'
import { describe, expect, test } from 'vitest'
import { contractRules } from '../contract/contract.ts'
import { describeContract } from './describe-contract.ts'

const good = definePlugin({ name: 'good', version: '1.0.0', setup: () => undefined })

// Under this very runner.
describeContract(good, {}, { describe, test })

function collect(plugin: Parameters<typeof describeContract>[0]) {
  const suites: string[] = []
  const tests = new Map<string, (...context: unknown[]) => Promise<void>>()
  describeContract(
    plugin,
    {},
    {
      describe: (name, define) => {
        suites.push(name)
        define()
      },
      test: (name, run) => tests.set(name.split(':')[0] ?? '', run),
    },
  )
  return { suites, tests }
}

test('there is one test a check; one that does not hold rejects, one that does not apply is skipped with its reason', async () => {
  const { suites, tests } = collect({ ...good, version: 'one' })
  expect(suites).toEqual(['plugin good keeps the contract'])
  expect([...tests.keys()]).toEqual(contractRules.map(({ id }) => id))
  await expect(tests.get('manifest.version')?.({})).rejects.toThrow('no semantic version')
  const skipped: string[] = []
  await tests.get('tools.schema')?.({ skip: (reason: string) => skipped.push(reason) })
  await tests.get('plugin.loads')?.({ skip: (reason: string) => skipped.push(reason) })
  expect(skipped).toEqual(['it has no tools'])
  // jest has no way to skip from within, and takes a declared parameter for a callback.
  await tests.get('tools.schema')?.()
  expect(tests.get('tools.schema')).toHaveLength(0)
})

test('without a runner and without globals it says what to pass', () => {
  expect(() => describeContract(good)).toThrow('pass yours')
})
