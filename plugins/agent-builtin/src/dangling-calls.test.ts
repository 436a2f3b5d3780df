import type { ModelMessage } from 'ai'
import { property, array, assert, boolean, record, integer } from 'fast-check'
import { expect, test } from 'vitest'
import { answerDanglingCalls } from './dangling-calls.ts'

const call = (id: string) => ({
  type: 'tool-call' as const,
  toolCallId: id,
  toolName: 'list_files',
  input: {},
})
const result = (id: string): ModelMessage => ({
  role: 'tool',
  content: [
    { type: 'tool-result', toolCallId: id, toolName: 'list_files', output: { type: 'text', value: 'x' } },
  ],
})

test('a call without a result is answered right after the results that are there', () => {
  const messages: ModelMessage[] = [
    { role: 'user', content: 'go' },
    { role: 'assistant', content: [call('a'), call('b')] },
    result('a'),
    { role: 'user', content: 'on' },
  ]
  const repaired = answerDanglingCalls(messages)
  expect(repaired.map((message) => message.role)).toEqual(['user', 'assistant', 'tool', 'tool', 'user'])
  expect(JSON.stringify(repaired[3])).toMatch(/"toolCallId":"b".*interrupted/)
})

test('after the repair every call has exactly one result, and nothing else changed', () => {
  const steps = array(record({ calls: integer({ min: 0, max: 3 }), answered: array(boolean()) }))
  assert(
    property(steps, (shapes) => {
      const messages = shapes.flatMap((shape, step) => conversationOf(shape, step))
      const repaired = answerDanglingCalls(messages)
      const answers = repaired.flatMap((message) =>
        message.role === 'tool'
          ? message.content.flatMap((part) => (part.type === 'tool-result' ? [part.toolCallId] : []))
          : [],
      )
      const asked = messages.flatMap((message) =>
        message.role === 'assistant' && typeof message.content !== 'string'
          ? message.content.flatMap((part) => (part.type === 'tool-call' ? [part.toolCallId] : []))
          : [],
      )
      expect(answers.toSorted()).toEqual(asked.toSorted())
      expect(repaired.filter((message) => messages.includes(message))).toEqual(messages)
      expect(answerDanglingCalls(repaired)).toEqual(repaired)
    }),
  )
})

function conversationOf(shape: { calls: number; answered: boolean[] }, step: number): ModelMessage[] {
  const ids = Array.from({ length: shape.calls }, (_, at) => `${step}-${at}`)
  return [
    { role: 'user', content: `prompt ${step}` },
    { role: 'assistant', content: [{ type: 'text', text: 'hm' }, ...ids.map(call)] },
    ...ids.filter((_, at) => shape.answered[at]).map(result),
  ]
}
