// Cost of a tool call into a sandbox, against the same tool in this process; and, for reading only, of a sandbox's start.
import { PluginManager, SandboxedPlugin } from '@agentproxy/kernel'
import { median } from './statistics.mjs'

const log = { debug() {}, info() {}, warn() {}, error() {} }
const parameters = { type: 'object', properties: { text: { type: 'string' } } }
const CODE = `plugin.tool('guest.count', { description: '', parameters: ${JSON.stringify(parameters)}, execute: ({ text }) => text.length })`

const plain = {
  name: 'plain',
  version: '1.0.0',
  setup: (ctx) =>
    void ctx.tool('plain.count', { description: '', parameters, execute: async ({ text }) => text.length }),
}

async function load(engine) {
  const host = new PluginManager({ log })
  await host.loadPlugin(plain)
  const started = performance.now()
  try {
    const resources = { cpu: '100%', outputBytes: 2 ** 30 }
    await host.loadPlugin(new SandboxedPlugin({ name: 'guest', code: CODE, engine, resources }))
  } catch (error) {
    if (error.code !== 'SANDBOX_UNSUPPORTED') throw error
    return null
  }
  return { host, startMs: performance.now() - started }
}

async function microseconds(host, tool, text, count) {
  const started = performance.now()
  for (let index = 0; index < count; index += 1) await host.executeTool(tool, { text })
  return ((performance.now() - started) / count) * 1000
}

export async function measure({ quick }) {
  const rounds = quick ? 3 : 9
  const results = []
  for (const engine of ['quickjs', 'deno']) {
    const loaded = await load(engine)
    if (loaded === null) {
      results.push({ scenario: `${engine}: not found, left out`, ratio: null, detail: '' })
      continue
    }
    const { host, startMs } = loaded
    results.push({ scenario: `${engine}: start`, ratio: null, detail: `${startMs.toFixed(0)} ms` })
    for (const [name, text] of [
      ['10 B', 'x'.repeat(10)],
      ['10 KB', 'x'.repeat(10_000)],
    ]) {
      const samples = []
      for (let round = 0; round <= rounds; round += 1) {
        const outside = await microseconds(host, 'plain.count', text, 100)
        const inside = await microseconds(host, 'guest.count', text, 100)
        // The first round warms up.
        if (round > 0) samples.push({ outside, inside })
      }
      const [outside, inside] = ['outside', 'inside'].map((side) => median(samples.map((one) => one[side])))
      const ratio = median(samples.map((one) => one.inside / one.outside))
      const detail = `${inside.toFixed(0)} us against ${outside.toFixed(0)} us`
      results.push({ scenario: `${engine}: tool call, ${name}`, ratio, detail })
    }
    await host.shutdownAll()
  }
  return results
}
