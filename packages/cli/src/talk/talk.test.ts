import { PassThrough } from 'node:stream'
import type { TaskEvent, TaskOrder } from '@agentproxy/supervisor'
import { expect, onTestFinished, test } from 'vitest'
import { Talk } from './talk.ts'
import { typedOrder } from './typed-order.ts'

const nothing = { permission: null, question: null }

test.each([
  ['use tabs', nothing, { do: 'message', text: 'use tabs', mode: 'steer' }],
  ['/queue then the docs', nothing, { do: 'message', text: 'then the docs', mode: 'queue' }],
  ['/interrupt no', nothing, { do: 'message', text: 'no', mode: 'interrupt' }],
  ['/kill', nothing, { do: 'stop', mode: 'kill' }],
  ['  ', nothing, null],
  ['/queue', nothing, expect.stringContaining('/queue')],
  ['/dance', nothing, expect.stringContaining('/dance')],
  ['y', { permission: 'p1', question: 'q1' }, { do: 'permit', permission: 'p1', option: 'allow_once' }],
  [
    'Never',
    { permission: 'p1', question: null },
    { do: 'permit', permission: 'p1', option: 'reject_always' },
  ],
  ['maybe', { permission: 'p1', question: null }, expect.stringContaining('y, n')],
  ['y', { permission: null, question: 'q1' }, { do: 'answer', question: 'q1', text: 'y' }],
  ['/stop', { permission: 'p1', question: null }, { do: 'stop', mode: 'graceful' }],
])('"%s" while it waits for %j', (line, waiting, expected) => {
  expect(typedOrder(line, waiting)).toEqual(expected)
})

test('a line answers what the task waits for at the time, and what comes of it is told', async () => {
  const input = new PassThrough()
  const sent: TaskOrder[] = []
  const said: string[] = []
  const talk = new Talk({
    input,
    send: (order) => {
      sent.push(order)
      return order.do === 'pause' ? Promise.reject(new Error('It has ended.')) : Promise.resolve()
    },
    say: (text) => void said.push(text),
  })
  onTestFinished(() => talk[Symbol.dispose]())
  const permission = { id: 'p1', turn: 1, tool: 't', toolKind: 'edit', title: 'x' } as const
  const asked: TaskEvent = {
    type: 'permission.requested',
    ...permission,
    text: null,
    paths: [],
    options: [],
    until: 0,
  }
  talk.apply(asked)
  talk.apply({ type: 'question.asked', id: 'q1', turn: 1, question: 'Why?', choices: [] })
  input.write('always\n')
  await expect.poll(() => sent.length).toBe(1)
  talk.apply({ ...permission, type: 'permission.decided', decision: 'allow', reason: '', by: 'person' })
  input.write('because\n')
  await expect.poll(() => sent.length).toBe(2)
  talk.apply({ type: 'order.received', number: 1, order: { do: 'answer', question: 'q1', text: 'because' } })
  const line = talk.ask('Does it look right?', new AbortController().signal)
  input.write('yes\n/pause\n')
  expect(await line).toBe('yes')
  await expect.poll(() => said).toContain('It has ended.')
  expect(sent.map((order) => order.do)).toEqual(['permit', 'answer', 'pause'])
})
