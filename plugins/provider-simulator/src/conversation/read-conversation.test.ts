import { anthropic, LossReport, openaiChat, openaiResponses } from '@agentproxy/wire'
import { expect, test } from 'vitest'
import { readConversation } from './read-conversation.ts'

const once = (): number => 1

test('a turn begins with what the person said, not with notes or results', () => {
  const conversation = readAnthropic([
    { role: 'user', content: [text('<system-reminder>a note</system-reminder>'), text('fix it')] },
    { role: 'system', content: '# Environment\n - Primary working directory: /src' },
    {
      role: 'assistant',
      content: [{ type: 'tool_use', id: 'a', name: 'Read', input: { file_path: '/src/x' } }],
    },
    { role: 'user', content: [result('a', 'the file'), text('<system-reminder>another</system-reminder>')] },
    { role: 'assistant', content: 'done' },
    { role: 'user', content: 'and now?' },
    { role: 'assistant', content: [{ type: 'tool_use', id: 'b', name: 'Bash', input: {} }] },
    { role: 'user', content: [result('b', 'exit 1', true)] },
  ])
  expect(conversation).toMatchObject({ turn: 2, userText: 'and now?', calledTools: ['Read', 'Bash'] })
  expect(conversation.results).toEqual([{ tool: 'Bash', text: 'exit 1', failed: true }])
  expect(conversation.text).toContain('Primary working directory: /src')
})

test('both dialects tell the same story', () => {
  const one = readAnthropic([
    { role: 'user', content: 'fix it' },
    { role: 'assistant', content: [{ type: 'tool_use', id: 'a', name: 'read_file', input: { path: 'x' } }] },
    { role: 'user', content: [result('a', 'text')] },
  ])
  const call = { id: 'a', type: 'function', function: { name: 'read_file', arguments: '{"path":"x"}' } }
  const body = {
    model: 'm',
    messages: [
      { role: 'user', content: 'fix it' },
      { role: 'assistant', content: null, tool_calls: [call] },
      { role: 'tool', tool_call_id: 'a', content: 'text' },
    ],
  }
  const other = readConversation(openaiChat.readRequest(body, new LossReport()), once)
  expect(other.results).toEqual(one.results)
  expect(other.key).toBe(one.key)
  expect(other.turn).toBe(one.turn)
})

test('the key stays while a conversation goes on, and differs between conversations', () => {
  const first = readAnthropic([{ role: 'user', content: 'fix it' }])
  const later = readAnthropic([
    { role: 'user', content: [text('<system-reminder>x</system-reminder>'), text('fix it')] },
    { role: 'assistant', content: 'done' },
    { role: 'user', content: 'again' },
  ])
  const other = readAnthropic([{ role: 'user', content: 'fix that' }])
  expect(later.key).toBe(first.key)
  expect(later.fingerprint).not.toBe(first.fingerprint)
  expect(other.key).not.toBe(first.key)
})

test('offered tools come with the fields they want; those of plain text want their input', () => {
  const parameters = { type: 'object', properties: { cmd: {}, login: {} }, required: ['cmd'] }
  const tools = [
    { type: 'function', name: 'exec_command', parameters },
    { type: 'function', name: 'get_goal', parameters: { type: 'object' } },
    { type: 'custom', name: 'apply_patch' },
    { type: 'web_search' },
  ]
  const request = openaiResponses.readRequest({ model: 'm', input: 'fix it', tools }, new LossReport())
  expect(readConversation(request, once).offeredTools).toEqual([
    { name: 'exec_command', required: ['cmd'], freeform: false },
    { name: 'get_goal', required: [], freeform: false },
    { name: 'apply_patch', required: ['input'], freeform: true },
  ])
})

function readAnthropic(messages: readonly unknown[]): ReturnType<typeof readConversation> {
  const request = anthropic.readRequest({ model: 'm', max_tokens: 9, messages }, new LossReport())
  return readConversation(request, once)
}

function text(words: string): unknown {
  return { type: 'text', text: words }
}

function result(id: string, content: string, failed = false): unknown {
  return { type: 'tool_result', tool_use_id: id, content, is_error: failed }
}
