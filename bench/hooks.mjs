// Cost of a hook point, in nanoseconds a call: unheard, and with 1, 3 and 10 handlers, against the same loop doing nothing.
import { PluginManager } from '@agentproxy/kernel'
import { median } from './statistics.mjs'

const log = { debug() {}, info() {}, warn() {}, error() {} }

async function hostWith(handlers, handler) {
  const host = new PluginManager({ log })
  if (handlers > 0)
    await host.loadPlugin({
      name: 'bench',
      version: '1.0.0',
      setup(ctx) {
        for (let index = 0; index < handlers; index += 1) ctx.hook('request.received', handler)
      },
    })
  return host
}

const payload = Object.freeze({
  exchangeId: 'x',
  method: 'POST',
  path: '/v1/messages',
  model: 'm',
  stream: false,
  bodyBytes: 1,
})

// Each loop is compiled from its own source text: one shared function would become polymorphic and blur the figures.
const loop = (step) =>
  new Function(
    'host',
    'payload',
    'count',
    `let hits = 0; for (let i = 0; i < count; i += 1) { ${step} } return hits`,
  )
const asyncLoop = (step) =>
  new Function(
    'host',
    'payload',
    'count',
    `return (async () => { let hits = 0; for (let i = 0; i < count; i += 1) { ${step} } return hits })()`,
  )

const SLOT = `const runner = host.live.hooks['request.received']; if (runner !== null) { const verdict = runner(payload); if (verdict.blocked === false) hits += 1 } else { hits += 1 }`

export async function measure({ quick }) {
  const rounds = quick ? 5 : 15
  const plans = [
    { scenario: 'nothing (the loop itself)', run: loop('hits += 1'), host: await hostWith(0), count: 5e7 },
    {
      scenario: 'a null check on a plain object',
      run: loop('const runner = host.slot; if (runner !== null) { runner(payload) } else { hits += 1 }'),
      host: { slot: null },
      count: 5e7,
    },
    { scenario: 'unheard hook', run: loop(SLOT), host: await hostWith(0), count: 5e7 },
    { scenario: '1 sync handler', run: loop(SLOT), host: await hostWith(1, () => undefined), count: 5e6 },
    { scenario: '3 sync handlers', run: loop(SLOT), host: await hostWith(3, () => undefined), count: 2e6 },
    { scenario: '10 sync handlers', run: loop(SLOT), host: await hostWith(10, () => undefined), count: 1e6 },
    {
      scenario: '1 async handler',
      run: asyncLoop(
        `const verdict = await host.live.hooks['request.received'](payload); if (verdict.blocked === false) hits += 1`,
      ),
      host: await hostWith(1, async () => undefined),
      count: 2e5,
    },
  ]
  const samples = new Map(plans.map((plan) => [plan, []]))
  for (const plan of plans) await plan.run(plan.host, payload, plan.count / 10)
  for (let round = 0; round < rounds; round += 1) {
    for (const plan of plans) {
      const started = process.hrtime.bigint()
      const hits = await plan.run(plan.host, payload, plan.count)
      const ns = Number(process.hrtime.bigint() - started) / plan.count
      if (hits !== plan.count) throw new Error(`${plan.scenario}: ${hits} of ${plan.count} calls counted`)
      samples.get(plan).push(ns)
    }
  }
  const cost = new Map(plans.map((plan) => [plan, median(samples.get(plan))]))
  const nullCheck = cost.get(plans[1])
  return plans.map((plan) => ({
    scenario: plan.scenario,
    ratio: plan === plans[0] ? null : cost.get(plan) / nullCheck,
    detail: `${cost.get(plan).toFixed(2)} ns a call; ratio to the plain null check`,
  }))
}
