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

test('task-journal remembers finished tasks over a reload, as a tool and in its health', async () => {
  const host = new PluginManager()
  try {
    await host.loadPlugin(join(examples, 'task-journal'))
    const end = {
      prompt: '',
      workingDir: '/',
      message: '',
      turns: 1,
      durationMs: 1,
      checks: [],
      filesChanged: ['a.ts'],
    }
    await host.live.hooks['task.complete']?.({ ...end, taskId: 't1', outcome: 'done', reason: 'verified' })
    await host.reloadPlugin('task-journal')
    await host.live.hooks['task.error']?.({ ...end, taskId: 't2', outcome: 'stuck', reason: 'no_progress' })
    expect(await host.executeTool('task-journal.list', {})).toEqual([
      { taskId: 't1', outcome: 'done', files: ['a.ts'] },
      { taskId: 't2', outcome: 'stuck', files: ['a.ts'] },
    ])
    expect(await host.executeTool('task-journal.list', { outcome: 'stuck' })).toMatchObject([
      { taskId: 't2' },
    ])
    expect(await host.healthCheck()).toMatchObject({
      status: 'pass',
      plugins: { 'task-journal': { details: { size: 2 } } },
    })
  } finally {
    await host.shutdownAll()
  }
})
