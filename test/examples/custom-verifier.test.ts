import { expect, test } from 'vitest'
import { runTask, tempFolder, writeFiles } from './run-task.ts'
import type { TaskSetting } from './run-task.ts'

const HEADER = '// SPDX-License-Identifier: MIT\n'

/** Runs a task that no command proves, and tells its checks' verdicts and reasons. */
async function verify(setting: Pick<TaskSetting, 'folder' | 'agent' | 'config'>) {
  const { report, events } = await runTask({
    example: 'custom-verifier',
    contract: { checks: [], checksFrom: 'none', budgets: { maxTurns: 2, maxTimeMs: null } },
    ...setting,
  })
  const results = events.flatMap((event) => (event.type === 'check.finished' ? [event.result] : []))
  return { report, results, verdicts: results.map(({ verdict, reason }) => `${verdict}: ${reason}`) }
}

test('sends the agent back with the files that lack the header, until none does', async () => {
  const folder = tempFolder({
    'src/a.js': 'export {}\n',
    'src/deep/b.ts': HEADER,
    'src/node_modules/x.js': '',
    'src/c.css': '',
  })
  const prompts: string[] = []
  const { report, verdicts } = await verify({
    folder,
    agent({ prompt, turn }) {
      prompts.push(prompt)
      writeFiles(folder, turn === 1 ? { 'src/new.js': '' } : { 'src/a.js': HEADER, 'src/new.js': HEADER })
    },
  })
  expect(report).toMatchObject({ outcome: 'done', reason: 'verified', turns: 2 })
  expect(verdicts).toEqual([
    'fail: 1 of 2 source files lack it',
    'fail: 2 of 3 source files lack it',
    'pass: 3 source files bear it',
  ])
  expect(prompts[0]).toContain('- plugin:licence-header')
  expect(prompts[1]).toContain('Without "SPDX-License-Identifier:":\n  src/a.js\n  src/new.js')
})

test('proves nothing where there is nothing to look at', async () => {
  const folder = tempFolder({ 'lib/a.js': HEADER })
  const { report, results } = await verify({
    folder,
    agent: ({ turn }) => writeFiles(folder, { [`lib/${turn}.js`]: HEADER }),
  })
  expect(report.outcome).toBe('capped')
  expect(results.at(-1)).toMatchObject({ verdict: 'vacuous', reason: 'there is no source file in src' })
})

test('looks for what the configuration says', async () => {
  const folder = tempFolder({ 'lib/a.py': '' })
  const { report } = await verify({
    folder,
    config: { header: 'Copyright', folders: ['lib'], endings: ['.py'] },
    agent: () => writeFiles(folder, { 'lib/a.py': '# Copyright 2026 The authors\n' }),
  })
  expect(report).toMatchObject({ outcome: 'done', turns: 1 })
})
