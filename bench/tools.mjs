// What the host adds to a tool call, against calling and awaiting the same function: a look-up, validated parameters, a
// time limit, an abort signal, counters and an event.
import { PluginManager } from '@agentproxy/kernel'
import { z } from 'zod'
import { median } from './statistics.mjs'

const log = { debug() {}, info() {}, warn() {}, error() {} }
const add = async ({ a, b }) => a + b
const json = { type: 'object', properties: { a: { type: 'number' }, b: { type: 'number' } }, required: ['a'] }

export async function measure({ quick }) {
  const host = new PluginManager({ log })
  await host.loadPlugin({
    name: 'bench',
    version: '1.0.0',
    setup(ctx) {
      ctx.tool('bench.json', { description: 'Adds', parameters: json, execute: add })
      const parameters = z.object({ a: z.number(), b: z.number() })
      ctx.tool('bench.zod', { description: 'Adds', parameters, execute: add })
    },
  })
  const plans = [
    { scenario: 'the function itself', call: () => add({ a: 1, b: 2 }) },
    { scenario: 'tool, JSON Schema parameters', call: () => host.executeTool('bench.json', { a: 1, b: 2 }) },
    { scenario: 'tool, zod parameters', call: () => host.executeTool('bench.zod', { a: 1, b: 2 }) },
  ]
  const count = quick ? 5_000 : 20_000
  const samples = plans.map(() => [])
  for (let round = -1; round < (quick ? 5 : 15); round += 1) {
    for (const [index, { call }] of plans.entries()) {
      const started = process.hrtime.bigint()
      let sum = 0
      for (let at = 0; at < count; at += 1) sum += await call()
      if (sum !== 3 * count) throw new Error('a call gave a wrong result')
      if (round >= 0) samples[index].push(Number(process.hrtime.bigint() - started) / count / 1000)
    }
  }
  await host.shutdownAll()
  const costs = samples.map(median)
  return plans.map(({ scenario }, index) => ({
    scenario,
    ratio: index === 0 ? null : costs[index] / costs[0],
    detail: `${costs[index].toFixed(2)} us a call; ratio to the function itself`,
  }))
}
