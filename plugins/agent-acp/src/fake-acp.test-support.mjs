#!/usr/bin/env node
// Stands in for an agent of the Agent Client Protocol: speaks it as recorded from several (ids of its own from 0, `id` last),
// and does what the prompt names. Sessions are files in the home it is given.
import { appendFileSync, existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

const args = process.argv.slice(2)
if (args.includes('--version')) {
  process.stdout.write('9.8.7\n')
  process.exit(0)
}
const home = process.env.FAKE_HOME
appendFileSync(join(home, 'seen.jsonl'), `${JSON.stringify({ args, env: process.env })}\n`)
const say = (message) => process.stdout.write(`${JSON.stringify({ ...message, jsonrpc: '2.0' })}\n`)

const sessionId = 'session-1'
const answers = new Map()
let asked = -1
const ask = (method, params) => {
  asked += 1
  say({ method, params: { sessionId, ...params }, id: asked })
  return new Promise((settle) => answers.set(asked, settle))
}
const update = (sessionUpdate, fields) =>
  say({ method: 'session/update', params: { sessionId, update: { sessionUpdate, ...fields } } })
const words = (text) => update('agent_message_chunk', { content: { type: 'text', text } })
const file = (name) => join(process.cwd(), name)
let cancel = null

const options = [
  { optionId: 'proceed_always', name: 'Allow for this session', kind: 'allow_always' },
  { optionId: 'proceed_once', name: 'Allow', kind: 'allow_once' },
  { optionId: 'cancel', name: 'Reject', kind: 'reject_once' },
]
const edit = (name) => ({
  toolCallId: 'call_1',
  title: `Writing to ${name}`,
  kind: 'edit',
  status: 'pending',
  locations: [{ path: file(name) }],
  content: [{ type: 'diff', path: file(name), oldText: '', newText: 'hi\n' }],
})

const scenes = {
  plain() {
    update('available_commands_update', { availableCommands: [] })
    update('agent_thought_chunk', { content: { type: 'text', text: 'h' } })
    update('agent_thought_chunk', { content: { type: 'text', text: 'm' } })
    update('plan', { entries: [{ content: 'look', status: 'in_progress', priority: 'high' }] })
    const call = { toolCallId: 'call_7', title: 'bash', kind: 'execute', status: 'pending', rawInput: {} }
    update('tool_call', call)
    update('tool_call_update', {
      toolCallId: 'call_7',
      status: 'in_progress',
      title: 'npm test',
      rawInput: { command: 'npm test' },
    })
    update('tool_call_update', {
      toolCallId: 'call_7',
      status: 'completed',
      content: [{ type: 'content', content: { type: 'text', text: 'ok' } }],
    })
    words('hel')
    words('lo')
    return {
      stopReason: 'end_turn',
      _meta: { quota: { token_count: { input_tokens: 300, output_tokens: 60 } } },
    }
  },
  async edit() {
    const { outcome } = await ask('session/request_permission', { toolCall: edit('sub.txt'), options })
    const allowed = outcome.optionId !== 'cancel'
    const written = allowed
      ? await ask('fs/write_text_file', { path: file('sub.txt'), content: 'hi\n' })
      : null
    update('tool_call_update', {
      toolCallId: 'call_1',
      status: allowed ? 'completed' : 'failed',
      content: edit('sub.txt').content,
    })
    words(`${outcome.optionId} ${JSON.stringify(written)}`)
    return { stopReason: 'end_turn' }
  },
  async outside() {
    const outside = []
    for (const path of [
      '/etc/hostname',
      file('link/secret'),
      file('../up.txt'),
      file('nowhere'),
      file('gone.txt'),
    ])
      outside.push((await ask('fs/read_text_file', { path })).code ?? 'read')
    for (const path of ['/tmp/never-written-by-a-test', file('link/x'), file('nowhere')])
      outside.push((await ask('fs/write_text_file', { path, content: 'x' })).code ?? 'written')
    words(JSON.stringify(outside))
    return { stopReason: 'end_turn' }
  },
  async files() {
    const denied = await ask('fs/write_text_file', { path: file('secret.txt'), content: 'x' })
    const { content } = await ask('fs/read_text_file', { path: file('lines.txt'), line: 2, limit: 1 })
    words(`${denied.message} ${content}`)
    return { stopReason: 'end_turn' }
  },
  async hang() {
    words('working')
    update('plan', { entries: [] })
    const permission = ask('session/request_permission', { toolCall: edit('a'), options })
    await new Promise((settle) => (cancel = settle))
    await permission
    return { stopReason: 'cancelled' }
  },
  async stubborn() {
    process.on('SIGTERM', () => {})
    setInterval(() => {}, 1000)
    words('working')
    update('plan', { entries: [] })
    await new Promise(() => {})
  },
  garbage() {
    process.stdout.write('Loaded cached credentials.\n{"half":\n[1]\n\n')
    update('of_tomorrow', { value: 1 })
    say({ method: 'session/update', params: 7 })
    words('still here')
    return { stopReason: 'end_turn' }
  },
  pictures(prompt) {
    words(
      prompt.map(({ type, mimeType, data }) => [type, mimeType, data].filter(Boolean).join(':')).join(' '),
    )
    return { stopReason: 'end_turn' }
  },
  dies() {
    process.stderr.write('out of luck\n')
    process.exit(3)
  },
  'max tokens': () => ({ stopReason: 'max_tokens' }),
  'status 429': () => ({ code: 429, message: 'Rate limited' }),
  'status 400': () => ({ code: 400, message: 'Bad request' }),
  internal: () => ({ code: -32603, message: 'Internal error', data: { details: 'upstream' } }),
  login: () => ({ code: -32000, message: 'Authentication required' }),
}

const methods = {
  initialize: () => ({
    protocolVersion: 1,
    agentCapabilities: {
      loadSession: process.env.FAKE_LOADS !== '0',
      promptCapabilities: { image: process.env.FAKE_SEES !== '0' },
    },
    authMethods: [],
  }),
  'session/new'() {
    writeFileSync(join(home, sessionId), '')
    return { sessionId }
  },
  'session/load'(params) {
    if (!existsSync(join(home, params.sessionId))) return { code: -32002, message: 'Resource not found' }
    words('what was said before')
    setTimeout(() => words('and after the answer'), 50)
    return {}
  },
  'session/prompt': ({ prompt }) => scenes[prompt.at(-1).text](prompt),
}

async function take(message) {
  if (message.method === undefined) return answers.get(message.id)?.(message.result ?? message.error)
  if (message.method === 'session/cancel') return cancel?.()
  const result = await methods[message.method](message.params)
  return say(result.code === undefined ? { result, id: message.id } : { error: result, id: message.id })
}

createInterface({ input: process.stdin })
  .on('line', (line) => void take(JSON.parse(line)))
  .on('close', () => process.listenerCount('SIGTERM') === 0 && process.exit(0))
