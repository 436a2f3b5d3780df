import { block, modify } from '@agentproxy/plugin'
import type { TaskStart } from '@agentproxy/plugin'
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { PluginManager } from '../plugin-manager.ts'
import { taskStart } from '../testing/payloads.ts'

const RANK = { pre: 0, normal: 1, post: 2 } as const
const silent = { debug() {}, info() {}, warn() {}, error() {} }

const handler = fc.record({
  order: fc.constantFrom('pre' as const, 'normal' as const, 'post' as const),
  asynchronous: fc.boolean(),
  act: fc.oneof(
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('modify' as const), text: fc.string() }) },
    { weight: 2, arbitrary: fc.constantFrom({ kind: 'silent' as const }, { kind: 'throw' as const }) },
    { weight: 1, arbitrary: fc.constant({ kind: 'block' as const }) },
  ),
})
type Handler = typeof handler extends fc.Arbitrary<infer Value> ? Value : never

function act({ act: what }: Handler, payload: TaskStart) {
  switch (what.kind) {
    case 'modify':
      return modify({ prompt: `${payload.prompt}|${what.text}` })
    case 'throw':
      throw new Error('boom')
    case 'block':
      return block(payload.prompt)
    case 'silent':
      return undefined
  }
}

/** What the law says, without promises or machinery. */
function expected(plugins: readonly (readonly Handler[])[]) {
  const all = plugins.flatMap((handlers, index) => handlers.map((one) => ({ one, plugin: `p${index}` })))
  let prompt = taskStart.prompt
  for (const { one, plugin } of all.sort((a, b) => RANK[a.one.order] - RANK[b.one.order])) {
    if (one.act.kind === 'modify') prompt += `|${one.act.text}`
    if (one.act.kind === 'block') return { blocked: true, reason: prompt, plugin }
  }
  return { blocked: false, payload: { ...taskStart, prompt } }
}

it('folds any mix of plugins and handlers in the same order each time', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(handler, { maxLength: 4 }), { maxLength: 5 }), async (plugins) => {
      const manager = new PluginManager({ log: silent })
      for (const [index, handlers] of plugins.entries())
        await manager.loadPlugin({
          name: `p${index}`,
          version: '1.0.0',
          setup(ctx) {
            for (const one of handlers)
              ctx.hook(
                'task.start',
                (payload) =>
                  one.asynchronous ? Promise.resolve().then(() => act(one, payload)) : act(one, payload),
                { order: one.order },
              )
          },
        })
      const run = manager.live.hooks['task.start']
      const verdict = run === null ? { blocked: false, payload: taskStart } : await run(taskStart)
      expect(verdict).toEqual(expected(plugins))
      expect(run === null ? verdict : await run(taskStart)).toEqual(verdict)
    }),
    { numRuns: 150 },
  )
})
