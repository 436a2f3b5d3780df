import { expect } from 'vitest'
import { test } from './testing/on-each-database.ts'
import { newSession, tempPlace, tempStore } from './testing/temp-store.ts'

test('another process hears commands in the order they were given, each once by its number', async () => {
  const place = await tempPlace()
  const [speaker, runner] = [await tempStore(place), await tempStore(place)]
  for (const id of ['s1', 's2']) await speaker.sessions.create(newSession(id))
  for (const text of ['one', 'two']) await speaker.commands.add('s1', { do: 'message', text })
  await speaker.commands.add('s2', { do: 'pause' })
  const heard = await runner.commands.list('s1', 0)
  expect(heard.map(({ payload }) => payload)).toEqual([
    { do: 'message', text: 'one' },
    { do: 'message', text: 'two' },
  ])
  expect(await runner.commands.list('s1', heard[0]?.seq ?? 0)).toEqual(heard.slice(1))
  expect(await runner.commands.list('s1', heard[1]?.seq ?? 0)).toEqual([])
})

test('a command needs its session', async () => {
  const store = await tempStore()
  await expect(store.commands.add('nobody', {})).rejects.toMatchObject({ code: 'NOT_FOUND' })
})
