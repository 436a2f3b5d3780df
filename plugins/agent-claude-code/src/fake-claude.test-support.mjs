#!/usr/bin/env node
// Stands in for Claude Code: speaks its protocol as recorded, and does what the prompt names.
import { appendFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

const args = process.argv.slice(2)
if (args.includes('--version')) {
  process.stdout.write('9.8.7 (Claude Code)\n')
  process.exit(0)
}
const home = process.env.CLAUDE_CONFIG_DIR
appendFileSync(join(home, 'seen.jsonl'), `${JSON.stringify({ args, env: process.env })}\n`)

const say = (message) => process.stdout.write(`${JSON.stringify(message)}\n`)
const resumed = args.includes('--resume') ? args[args.indexOf('--resume') + 1] : null
const session = resumed ?? '0b5e3c1a-0000-4000-8000-000000000001'
const finish = (fields) =>
  say({
    is_error: false,
    subtype: 'success',
    session_id: session,
    stop_reason: 'end_turn',
    result: 'done',
    ...fields,
    type: 'result',
  })
const assistant = (content, fields = {}) =>
  say({
    type: 'assistant',
    message: { role: 'assistant', model: 'm', content, ...fields },
    parent_tool_use_id: null,
    session_id: session,
  })
const system = (subtype, fields = {}) => say({ type: 'system', subtype, session_id: session, ...fields })
const answers = new Map()
const ask = (request, id = `req-${answers.size}`) => {
  if (request !== null) say({ type: 'control_request', request_id: id, request })
  return new Promise((settle) => answers.set(id, settle))
}
const tool = async (name, input) => {
  assistant([{ type: 'tool_use', id: 'toolu_1', name, input }])
  const { response } = await ask({ subtype: 'can_use_tool', tool_name: name, input, tool_use_id: 'toolu_1' })
  const allowed = response.behavior === 'allow'
  if (allowed) writeFileSync(response.updatedInput.file_path, response.updatedInput.content)
  const content = allowed ? [{ type: 'text', text: 'written' }] : response.message
  say({
    type: 'user',
    message: {
      role: 'user',
      content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content, is_error: !allowed }],
    },
  })
  return response
}
const fails = (status, fields = {}) => {
  assistant([{ type: 'text', text: `API Error: ${status}` }], { model: '<synthetic>' })
  finish({
    is_error: true,
    api_error_status: status,
    terminal_reason: 'api_error',
    result: `API Error: ${status}`,
    ...fields,
  })
}

const scenes = {
  plain() {
    assistant([{ type: 'thinking', thinking: 'hm' }])
    assistant([{ type: 'text', text: 'hello' }])
    finish({ result: 'hello' })
  },
  async write() {
    const { behavior, message } = await tool('Write', {
      file_path: join(process.cwd(), 'sub.txt'),
      content: 'hi\n',
    })
    finish({ result: `${behavior} ${message ?? ''}` })
  },
  async question() {
    const { response } = await ask({ subtype: 'can_use_tool', tool_name: 'AskUserQuestion', input: {} })
    finish({ result: response.behavior })
  },
  async 'unknown request'() {
    finish({ result: JSON.stringify(await ask({ subtype: 'hook_callback', callback_id: 'x' })) })
  },
  async 'cut request'() {
    process.stdout.write(
      '{"type":"control_request","request_id":"big","request":{"subtype":"can_use_tool","inp\n',
    )
    const { response } = await ask(null, 'big')
    finish({ result: response.behavior })
  },
  garbage() {
    process.stdout.write('Segmentation fault (not really)\n[1,2]\n{"type":\n\n')
    process.stdout.write(`${'x'.repeat(10 * 1024 * 1024)}\n`)
    say({ type: 'a_type_of_tomorrow', value: 1 })
    say({ type: 'result', subtype: 'of the wrong shape' })
    finish({ result: 'still here' })
  },
  notices() {
    system('api_retry', {
      attempt: 1,
      max_retries: 10,
      retry_delay_ms: 531.4,
      error_status: 529,
      error: 'overloaded',
    })
    system('permission_denied', { tool_name: 'Bash', message: 'not allowed here' })
    system('compact_boundary')
    system('something_new')
    finish()
  },
  exit() {
    process.stderr.write('out of luck\n')
    process.exitCode = 3
    process.exit()
  },
  hang() {},
  'api 529': () => fails(529),
  'api 400': () => fails(400),
  'lost connection': () => fails(null),
  'too long': () => fails(null, { terminal_reason: 'prompt_too_long' }),
  'max turns': () =>
    finish({
      is_error: true,
      subtype: 'error_max_turns',
      result: undefined,
      errors: ['Reached maximum number of turns (1)'],
    }),
  'max tokens': () => finish({ stop_reason: 'max_tokens' }),
}

createInterface({ input: process.stdin })
  .on('line', (line) => {
    const message = JSON.parse(line)
    if (message.type === 'control_response') answers.get(message.response.request_id)?.(message.response)
    else if (message.type === 'control_request') {
      say({
        type: 'control_response',
        response: { subtype: 'success', request_id: message.request_id, response: {} },
      })
      finish({
        is_error: true,
        subtype: 'error_during_execution',
        terminal_reason: 'aborted_tools',
        result: undefined,
        errors: [],
      })
    } else if (resumed?.startsWith('3333')) {
      process.stderr.write(`No conversation found with session ID: ${resumed}\n`)
      finish({ is_error: true, subtype: 'error_during_execution', result: undefined })
      process.exitCode = 1
    } else {
      system('init')
      void scenes[message.message.content[0].text]()
    }
  })
  .on('close', () => process.exit())
