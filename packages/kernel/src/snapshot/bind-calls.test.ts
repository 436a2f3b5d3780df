import type { PluginCheckRun, PluginContext } from '@agentproxy/plugin'
import { expect, test } from 'vitest'
import { Generation } from '../lifecycle/generation.ts'
import { createGate, createTestHost, hangs, plugin } from '../testing/test-host.ts'
import { bindCheck, bindReasoner } from './bind-calls.ts'

const signal = new AbortController().signal
const run: PluginCheckRun = {
  taskId: 't',
  prompt: 'fix it',
  workingDir: '/',
  filesChanged: [],
  baseline: false,
  signal,
}
const task = { taskId: 't', prompt: 'fix it', workingDir: '/' }
const context = {
  objective: '',
  turn: 1,
  agentMessage: '',
  filesChanged: [],
  checks: [],
  findings: [],
  notes: [],
}

async function hostOf(setup: (ctx: PluginContext) => void) {
  const { manager } = createTestHost()
  await manager.loadPlugin(plugin('owner', setup))
  return manager
}

test('a check in flight is activity of its plugin, and a reload waits for it', async () => {
  const gate = createGate()
  const manager = await hostOf((ctx) => {
    const check = async () => {
      await gate.promise
      return { verdict: 'pass', reason: `generation ${ctx.generation}` } as const
    }
    ctx.check({ name: 'slow', description: '', run: check })
  })
  const answer = manager.live.checks.get('slow')?.value.run(run)
  expect(manager.getDebugInfo()).toMatchObject({ running: { owner: 1 } })
  const reloaded = manager.reloadPlugin('owner')
  gate.open()
  await reloaded
  expect(await answer).toEqual({ verdict: 'pass', reason: 'generation 1' })
  expect(manager.getDebugInfo()).toMatchObject({ running: { owner: 0 } })
})

test('when the plugin goes, the signal is aborted and the call rejects, also where that is ignored', async () => {
  const owner = new Generation({ definition: plugin('owner'), generation: 1, config: {} })
  const signals: AbortSignal[] = []
  const stay = (given: { readonly signal: AbortSignal }): Promise<never> => {
    signals.push(given.signal)
    return hangs()
  }
  const check = bindCheck(owner, { name: 'deaf', description: '', run: stay })
  const reasoner = bindReasoner(owner, { name: 'deaf', description: '', decide: stay })
  const settled = Promise.allSettled([
    Promise.resolve(check.run(run)),
    Promise.resolve(reasoner.decide({ taskId: 't', context, functions: [], signal })),
  ])
  expect(owner.activity.running).toBe(2)
  await owner.scope.dispose()
  expect((await settled).map((one) => one.status)).toEqual(['rejected', 'rejected'])
  await expect(Promise.resolve(check.run(run))).rejects.toThrow('plugin owner (generation 1) was unloaded')
  expect(signals.map((one) => one.aborted)).toEqual([true, true])
  expect(owner.activity.running).toBe(0)
})

test('what a check throws at once is a rejection, and one that says nothing applies to every task', async () => {
  const manager = await hostOf((ctx) => {
    ctx.check({
      name: 'broken',
      description: '',
      run: () => {
        throw new Error('no licence')
      },
    })
  })
  const check = manager.live.checks.get('broken')?.value
  await expect(Promise.resolve(check?.run(run))).rejects.toThrow('no licence')
  expect(await check?.applies?.(task)).toBe(true)
})
