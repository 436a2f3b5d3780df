import type { PluginContext } from '@agentproxy/plugin'
import { expect, it } from 'vitest'
import { createTestHost, plugin } from '../testing/test-host.ts'
import { createMemoryStorage } from './memory-storage.ts'

it('keeps each plugin and each task in a room of its own, across a reload', async () => {
  const storage = createMemoryStorage()
  const { manager } = createTestHost({ storage })
  const contexts = new Map<string, PluginContext>()
  for (const name of ['a', 'b']) await manager.loadPlugin(plugin(name, (ctx) => void contexts.set(name, ctx)))
  const room = (name: string) => (contexts.get(name) as PluginContext).storage
  const list = ['one']
  await room('a').set('k', list)
  list.push('changed later')
  await room('a').forTask('t1').set('k', 'of the task')
  await manager.reloadPlugin('a')
  expect(await room('a').get('k')).toEqual(['one'])
  expect(await room('a').forTask('t1').get('k')).toBe('of the task')
  expect(await room('a').forTask('t2').get('k')).toBeUndefined()
  expect(await room('b').keys()).toEqual([])
  expect(await storage.keys('plugin:a')).toEqual(['k'])
  expect(await storage.keys('plugin:a:task:t1')).toEqual(['k'])
  expect([await room('a').delete('k'), await room('a').delete('k')]).toEqual([true, false])
})
