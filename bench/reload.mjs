// 1,000 reloads of a plugin from its file, with hook, tool, task, listener, timer and a sub-module: what a reload costs
// against importing a new file of the same text, and what stays behind.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { PluginManager } from '@agentproxy/kernel'
import { median } from './statistics.mjs'

const log = { debug() {}, info() {}, warn() {}, error() {} }
const part = 'export const answer = 42\n'
const source = `import { answer } from './part.mjs'
export default { name: 'bench', version: '1.0.0', setup(ctx) {
  const ballast = new Uint8Array(64 * 1024)
  ctx.hook('task.start', () => void ballast.length)
  ctx.tool('bench.answer', { description: 'Answers', parameters: {}, execute: () => answer })
  ctx.task('tick', { everyMs: 60_000, skipInitialRun: true }, () => true)
  ctx.events.on('session.created', () => ballast.length)
  const timer = setInterval(() => ballast.length, 60_000)
  ctx.onDispose(() => clearInterval(timer))
} }
`

export async function measure({ quick }) {
  const folder = mkdtempSync(join(tmpdir(), 'agentproxy-bench-'))
  const host = new PluginManager({ log })
  try {
    writeFileSync(join(folder, 'part.mjs'), part)
    writeFileSync(join(folder, 'plugin.mjs'), source)
    await host.loadPlugin(join(folder, 'plugin.mjs'))
    for (let at = 0; at < 50; at += 1) await host.reloadPlugin('bench')
    const before = footprint(host)
    const reloads = quick ? 200 : 1000
    const reloadMs = []
    const importMs = []
    for (let at = 0; at < reloads; at += 1) {
      reloadMs.push(await timed(() => host.reloadPlugin('bench')))
      if (at % 10 !== 0) continue
      const copy = join(folder, `copy-${at}.mjs`)
      writeFileSync(copy, source)
      importMs.push(await timed(() => import(pathToFileURL(copy).href)))
    }
    const after = footprint(host)
    if ((await host.executeTool('bench.answer')) !== 42) throw new Error('the reloaded tool is wrong')
    const cost = [median(reloadMs), median(importMs)]
    const left = (name) => ({
      scenario: `${reloads} reloads: ${name}`,
      ratio: after[name] / before[name],
      detail: `${before[name]} before, ${after[name]} after`,
    })
    const kib = Math.round((after.heapBytes - before.heapBytes) / reloads / 1024)
    return [
      {
        scenario: 'a reload',
        ratio: cost[0] / cost[1],
        detail: `${cost[0].toFixed(2)} ms; ratio to a fresh import`,
      },
      left('handles and timers'),
      left('listeners'),
      {
        scenario: `${reloads} reloads: heap`,
        ratio: null,
        detail: `${kib} KiB a reload stay, the code of its modules, which Node never lets go; the 64 KiB a generation holds are gone`,
      },
    ]
  } finally {
    await host.shutdownAll()
    rmSync(folder, { recursive: true })
  }
}

async function timed(work) {
  const started = performance.now()
  await work()
  return performance.now() - started
}

function footprint(host) {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc')
  for (let at = 0; at < 5; at += 1) collect()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return {
    'handles and timers': process.getActiveResourcesInfo().length,
    listeners: host.getPluginStatus().subscriptions,
    heapBytes: heapUsed + arrayBuffers,
  }
}
