import { definePlugin, modify } from '@agentproxy/plugin'
import { expect, test } from 'vitest'
import { runTask, tempFolder, writeFiles } from './run-task.ts'
import type { TaskSetting } from './run-task.ts'

async function ask(objective: string, more: Partial<TaskSetting> = {}) {
  const folder = tempFolder({ 'a.txt': 'broken' })
  const agent = (): void => writeFiles(folder, { 'a.txt': 'fixed' })
  const { report } = await runTask({ example: 'blocker', folder, agent, contract: { objective }, ...more })
  return report
}

test('a task with a forbidden word is refused with the word, and nothing runs', async () => {
  expect(await ask('Do something FORBIDDEN here.')).toMatchObject({
    outcome: 'blocked',
    turns: 0,
    message: 'Task blocked by plugin blocker: Task contains forbidden keyword: forbidden',
  })
})

test('any other task runs', async () => {
  expect(await ask('Make the check pass.')).toMatchObject({ outcome: 'done' })
})

test('the words come from the configuration', async () => {
  const config = { words: ['Production', 'drop table'] }
  expect(await ask('Deploy to production.', { config })).toMatchObject({ outcome: 'blocked' })
  expect(await ask('Do something forbidden.', { config })).toMatchObject({ outcome: 'done' })
})

test('a word that another plugin adds to the task is found too', async () => {
  const adding = definePlugin({
    name: 'adding',
    version: '1.0.0',
    setup: (ctx) => void ctx.hook('task.start', () => modify({ prompt: 'forbidden' })),
  })
  expect(await ask('Make the check pass.', { more: [adding] })).toMatchObject({ outcome: 'blocked' })
})
