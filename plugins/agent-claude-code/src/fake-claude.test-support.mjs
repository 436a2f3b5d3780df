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
    total_cost_usd: 0.25,
    usage: {
      input_tokens: 100,
      output_tokens: 20,
      cache_creation_input_tokens: 10,
      cache_read_input_tokens: 5,
    },
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
  const permission_suggestions = [{ type: 'setMode', mode: 'acceptEdits', destination: 'session' }]
  const request = {
    subtype: 'can_use_tool',
    tool_name: name,
    input,
    tool_use_id: 'toolu_1',
    permission_suggestions,
  }
  const { response } = await ask(request)
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
const lifecycle = (command_uuid, state) => say({ type: 'command_lifecycle', command_uuid, state })
let heard = null
const steer = () => new Promise((settle) => (heard = settle))
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
    const { behavior, message, updatedPermissions } = await tool('Write', {
      file_path: join(process.cwd(), 'sub.txt'),
      content: 'hi\n',
    })
    finish({
      result: `${behavior} ${message ?? (updatedPermissions === undefined ? '' : JSON.stringify(updatedPermissions))}`,
    })
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
    system('hook_response', { hook_name: 'PreToolUse:Bash', outcome: 'error', stderr: 'no such file\n' })
    system('something_new')
    finish()
  },
  exit() {
    process.stderr.write('out of luck\n')
    process.exitCode = 3
    process.exit()
  },
  hang() {},
  async steered() {
    assistant([{ type: 'text', text: 'working' }])
    const { uuid, message } = await steer()
    lifecycle(uuid, 'queued')
    lifecycle(uuid, 'started')
    lifecycle(uuid, 'completed')
    finish({ result: message.content[0].text })
  },
  async 'steered late'() {
    assistant([{ type: 'text', text: 'working' }])
    const { uuid } = await steer()
    lifecycle(uuid, 'queued')
    finish({ result: 'first result' })
    lifecycle(uuid, 'started')
    finish({ result: 'second result' })
  },
  pictures(message) {
    const { source } = message.content[0]
    finish({ result: `${source.media_type} ${source.data}` })
  },
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
  'max budget': () => finish({ is_error: true, subtype: 'error_max_budget_usd', result: undefined }),
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
      finish({ is_error: true, subtype: 'error_during_execution', result: undefined, usage: undefined })
      process.exitCode = 1
    } else if (heard !== null) heard(message)
    else {
      system('init')
      void scenes[message.message.content.at(-1).text](message.message)
    }
  })
  .on('close', () => process.exit())
