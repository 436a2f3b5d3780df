import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { PluginManager } from '@agentproxy/kernel'
import { expect, test } from 'vitest'

const examples = fileURLToPath(new URL('../examples', import.meta.url))

test('protected-files refuses secrets and migrations, and nothing else', async () => {
  const host = new PluginManager()
  try {
    await host.loadPlugin(join(examples, 'protected-files'))
    const guard = host.live.hooks['file.change']
    const ask = (path: string) => guard?.({ taskId: 't', path, operation: 'modify', phase: 'before' })
    expect(await ask('.env')).toEqual({
      blocked: true,
      plugin: 'protected-files',
      reason: '.env is protected',
    })
    expect(await ask('db/migrations/001.sql')).toMatchObject({ blocked: true })
    expect(await ask('src/environment.ts')).toEqual({ blocked: false })
  } finally {
    await host.shutdownAll()
  }
})
