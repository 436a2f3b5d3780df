import { createTestHost } from '@agentproxy/plugin-testing'
import { expect, test } from 'vitest'
import journal from './index.ts'

test('finished tasks are remembered over a reload', async () => {
  await using host = await createTestHost({ plugins: [journal] })
  await host.hook('task.complete', { taskId: 't1', outcome: 'done', filesChanged: ['a.ts'] })
  await host.reload('task-journal')
  await host.hook('task.error', { taskId: 't2', outcome: 'stuck', filesChanged: [] })
  expect(await host.tool('task-journal.list', { outcome: 'stuck' })).toEqual([
    { taskId: 't2', outcome: 'stuck', files: [] },
  ])
  expect(await host.storage('task-journal').get('entries')).toHaveLength(2)
  expect(host.failures).toEqual([])
})
