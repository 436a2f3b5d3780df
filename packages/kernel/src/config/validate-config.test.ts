import { expect, it } from 'vitest'
import { z } from 'zod'
import { createTestHost } from '../testing/test-host.ts'

const config = z.strictObject({
  maxEntries: z.int().default(1000),
  servers: z.array(z.strictObject({ baseUrl: z.string() })).default([]),
})

it('names path and reason of a bad value, and for an unknown key the nearest known one, however deep', async () => {
  const { manager } = createTestHost()
  const cache = { name: 'cache', version: '1.0.0', config, setup: () => undefined }
  const problem = (given: unknown) =>
    manager.loadPlugin(cache, { config: given }).then(
      () => 'none',
      (error: Error) => error.message,
    )
  expect(await problem({ maxEntrys: 5 })).toContain('Unrecognized key: "maxEntrys"; did you mean maxEntries?')
  expect(await problem({ servers: [{ baseUrl: 'x', baseURI: 'y' }] })).toMatch(
    /servers\.0: .*baseURI.*did you mean baseUrl\?/,
  )
  expect(await problem({ nothingLikeIt: 1 })).not.toContain('did you mean')
  expect(await problem({ maxEntries: 'many' })).toContain('maxEntries: ')
  expect(await problem({ maxEntries: 5 })).toBe('none')
})
