import { isDeepStrictEqual } from 'node:util'
import type { PluginInfo } from '@agentproxy/kernel'
import type { PluginContext } from '@agentproxy/plugin'
import { fail } from '../contract/check.ts'
import type { Rule } from '../contract/check.ts'
import { countHeld } from '../contract/count-held.ts'
import { messageOf } from '../contract/message-of.ts'
import { override } from '../contract/recorder.ts'
import type { Subject } from '../contract/subject.ts'

const RELOADS = 50
/** Old generations the engine may still hold for reasons of its own. */
const RETAINED = 3

/** What it adds, by kind: the same after every reload. */
function shapeOf(info: PluginInfo): unknown {
  const { hooks, tools, providers, agents, routes, middleware, oauth, commands, checks, reasoners } = info
  const tasks = info.tasks.map(({ name }) => name)
  return { hooks, tools, providers, agents, routes, middleware, oauth, commands, checks, reasoners, tasks }
}

export const reloadRules: readonly Rule<Subject>[] = [
  {
    id: 'reload.fifty',
    title: `it can be reloaded ${RELOADS} times: the same configuration, the same contributions, no generation kept`,
    async run(subject) {
      const definition = await subject.definition()
      await subject.mustSetUp()
      const contexts: WeakRef<PluginContext>[] = []
      const configs: unknown[] = []
      const watched = override(definition, {
        setup(ctx: PluginContext) {
          contexts.push(new WeakRef(ctx))
          configs.push(ctx.config)
          return definition.setup(ctx as never)
        },
      })
      await using host = await subject.hostOf(watched)
      const { manager } = host
      const before = {
        shape: shapeOf(manager.getPlugin(definition.name)),
        subscriptions: manager.getPluginStatus().subscriptions,
      }
      for (let reload = 1; reload <= RELOADS; reload += 1)
        await manager
          .reloadPlugin(definition.name)
          .catch((thrown: unknown) => fail(`reload ${reload} failed: ${messageOf(thrown)}`, thrown))
      if (!isDeepStrictEqual(configs[0], configs.at(-1))) fail('its configuration is another after reloads')
      if (!isDeepStrictEqual(before.shape, shapeOf(manager.getPlugin(definition.name))))
        fail('what it adds is other after reloads')
      if (manager.getPluginStatus().subscriptions !== before.subscriptions)
        fail('it hears other events after reloads')
      const held = await countHeld(contexts.slice(0, -1), RETAINED)
      if (held > RETAINED)
        fail(
          `${held} of ${RELOADS} replaced generations are still held, by a variable outside setup or a live callback`,
        )
    },
  },
]
