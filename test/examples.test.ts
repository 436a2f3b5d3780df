import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { PluginManager } from '@agentproxy/kernel'
import { expect, test } from 'vitest'
import { wordCount } from '../examples/sandboxed/host.ts'

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

test('sandboxed counts words in its own folder, sees no other file, and blocks a task that is too long', async () => {
  const host = new PluginManager({ log: { debug() {}, info() {}, warn() {}, error() {} } })
  try {
    await host.loadPlugin(wordCount(join(examples, 'sample-project')))
    const counted = await host.executeTool('word-count.file', { path: 'README.md' })
    expect(counted).toMatchObject({ path: 'README.md', words: expect.any(Number) as number })
    await expect(
      host.executeTool('word-count.file', { path: '../protected-files/index.ts' }),
    ).rejects.toThrow('permissions.fileSystem.read')
    const start = {
      taskId: 't',
      prompt: 'x'.repeat(3000),
      workingDir: '/',
      agent: '',
      model: null,
      checks: [],
      budgets: {},
    }
    expect(await host.live.hooks['task.start']?.(start as never)).toMatchObject({
      blocked: true,
      plugin: 'word-count',
    })
    expect(host.getPluginMetrics()['word-count']?.sandbox).toMatchObject({
      engine: 'quickjs',
      denials: 1,
      violations: 0,
    })
  } finally {
    await host.shutdownAll()
  }
})
