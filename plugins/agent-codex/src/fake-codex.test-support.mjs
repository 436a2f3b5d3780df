#!/usr/bin/env node
// Stands in for Codex: speaks its app-server protocol as recorded (no "jsonrpc", ids of its own from 0), and does what the
// prompt names. Threads are files in CODEX_HOME, as Codex's own are.
import { appendFileSync, existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

const args = process.argv.slice(2)
if (args.includes('--version')) {
  process.stdout.write('codex-cli 9.8.7\n')
  process.exit(0)
}
const home = process.env.CODEX_HOME
appendFileSync(join(home, 'seen.jsonl'), `${JSON.stringify({ args, env: process.env })}\n`)
const say = (message) => process.stdout.write(`${JSON.stringify(message)}\n`)
if (process.env.FAKE_CODEX_OLD === '1' || args[0] === 'exec') await exec()

async function exec() {
  if (args[0] === 'app-server') {
    process.stderr.write("error: unrecognized subcommand 'app-server'\n")
    process.exit(2)
  }
  let prompt = ''
  for await (const chunk of process.stdin.setEncoding('utf8')) prompt += chunk
  const resumed = args.includes('resume') ? args[args.indexOf('resume') + 1] : null
  say({ type: 'thread.started', thread_id: resumed ?? 'thread-exec' })
  say({ type: 'turn.started' })
  if (prompt.trim() === 'fails') {
    say({ type: 'error', message: 'Reconnecting... 1/5 (stream disconnected)' })
    say({ type: 'turn.failed', error: { message: '{"error":{"message":"bad param"}}' } })
    process.exit(1)
  }
  const command = { id: 'item_1', type: 'command_execution', command: "/bin/bash -lc 'npm test'" }
  say({ type: 'item.started', item: { ...command, aggregated_output: '', status: 'in_progress' } })
  say({ type: 'item.completed', item: { ...command, aggregated_output: 'ok', status: 'completed' } })
  const changes = [{ path: join(process.cwd(), 'a.txt'), kind: 'update' }]
  say({ type: 'item.started', item: { id: 'item_2', type: 'file_change', changes, status: 'in_progress' } })
  say({ type: 'item.completed', item: { id: 'item_2', type: 'file_change', changes, status: 'completed' } })
  say({ type: 'item.completed', item: { id: 'item_3', type: 'agent_message', text: `did ${prompt.trim()}` } })
  say({ type: 'turn.completed', usage: { input_tokens: 450, cached_input_tokens: 120, output_tokens: 60 } })
  process.exit(0)
}

const answers = new Map()
let asked = -1
const ask = (method, params) => {
  asked += 1
  say({ method, id: asked, params: { threadId, turnId: 'turn-1', startedAtMs: 1, ...params } })
  return new Promise((settle) => answers.set(asked, settle))
}
let threadId = 'thread-1'
const tell = (method, params) => say({ method, params: { threadId, turnId: 'turn-1', ...params } })
const item = (state, fields) => tell(`item/${state}`, { item: fields })
const words = (text) => item('completed', { type: 'agentMessage', id: `msg-${text}`, text })
const end = (status = 'completed', error = null) =>
  tell('turn/completed', { turn: { id: 'turn-1', status, error } })
const fails = (message, codexErrorInfo) => end('failed', { message, codexErrorInfo })
const file = () => join(process.cwd(), 'sub.txt')
let steered = null
let interrupted = null

const scenes = {
  plain() {
    tell('thread/status/changed', { status: { type: 'active', activeFlags: [] } })
    item('completed', { type: 'reasoning', id: 'r', summary: ['hm'], content: [] })
    tell('turn/plan/updated', { plan: [{ step: 'look', status: 'inProgress' }] })
    words('hello')
    const last = { inputTokens: 150, outputTokens: 20 }
    say({ method: 'thread/tokenUsage/updated', params: { threadId, turnId: 'turn-0', tokenUsage: { last } } })
    tell('thread/tokenUsage/updated', { tokenUsage: { last } })
    tell('thread/tokenUsage/updated', { tokenUsage: { last } })
    say({
      method: 'item/completed',
      params: {
        threadId: 'of-a-sub-agent',
        turnId: 'x',
        item: { type: 'agentMessage', id: 'y', text: 'not mine' },
      },
    })
    end()
  },
  async command() {
    const run = { type: 'commandExecution', id: 'call_1', command: "/bin/bash -lc 'touch x'" }
    item('started', { ...run, status: 'inProgress', aggregatedOutput: null, exitCode: null })
    const { decision } = await ask('item/commandExecution/requestApproval', {
      itemId: 'call_1',
      reason: 'need it',
      command: run.command,
      proposedExecpolicyAmendment: ['touch', 'x'],
      availableDecisions: ['accept', { acceptWithExecpolicyAmendment: {} }, 'cancel'],
    })
    const declined = decision === 'decline'
    item('completed', {
      ...run,
      status: declined ? 'declined' : 'completed',
      aggregatedOutput: null,
      exitCode: declined ? null : 0,
    })
    words(JSON.stringify(decision))
    end()
  },
  async patch() {
    const patch = {
      type: 'fileChange',
      id: 'call_2',
      changes: [{ path: file(), kind: { type: 'add' }, diff: '+hi' }],
    }
    item('started', { ...patch, status: 'inProgress' })
    const { decision } = await ask('item/fileChange/requestApproval', { itemId: 'call_2', reason: null })
    if (decision !== 'decline') writeFileSync(file(), 'hi\n')
    item('completed', { ...patch, status: decision === 'decline' ? 'declined' : 'completed' })
    words(decision)
    end()
  },
  async 'unseen patch'() {
    words((await ask('item/fileChange/requestApproval', { itemId: 'nobody-heard-of-it' })).decision)
    end()
  },
  async questions() {
    const input = await ask('item/tool/requestUserInput', { itemId: 'q', questions: [] })
    const more = await ask('item/permissions/requestApproval', { itemId: 'p', permissions: {} })
    const unknown = await ask('attestation/generate', {})
    words(JSON.stringify([input, more, unknown]))
    end()
  },
  async steered() {
    words('working')
    const params = await new Promise((settle) => (steered = settle))
    words(params.input[0].text)
    end()
  },
  hang() {
    interrupted = () => end('interrupted')
    words('working')
  },
  stubborn() {
    process.on('SIGTERM', () => {})
    setInterval(() => {}, 1000)
    words('working')
  },
  garbage() {
    process.stdout.write('Segmentation fault (not really)\n{"half":\n\n')
    tell('item/completed', { item: 7 })
    tell('of/tomorrow', {})
    words('still here')
    end()
  },
  pictures(input) {
    words(input.map(({ type, path }) => path ?? type).join(' '))
    end()
  },
  dies() {
    process.stderr.write('out of luck\n')
    process.exit(3)
  },
  overloaded: () => fails('busy', 'serverOverloaded'),
  'status 503': () => fails('busy', { responseStreamConnectionFailed: { httpStatusCode: 503 } }),
  'status 400': () =>
    fails('{"error":{"message":"bad param"}}', { responseStreamConnectionFailed: { httpStatusCode: 400 } }),
  'too long': () => fails('context', 'contextWindowExceeded'),
  reconnects() {
    tell('error', { error: { message: 'Reconnecting... 1/5' }, willRetry: true })
    words('after all')
    end()
  },
}

const methods = {
  initialize: () => ({ userAgent: 'fake' }),
  'thread/start'() {
    writeFileSync(join(home, 'thread-1'), '')
    return { thread: { id: threadId } }
  },
  'thread/resume'(params) {
    if (!existsSync(join(home, params.threadId))) return null
    threadId = params.threadId
    return { thread: { id: threadId } }
  },
  'turn/start'({ input }) {
    const { text } = input.at(-1)
    setTimeout(() => void scenes[text](input), 5)
    return { turn: { id: 'turn-1' } }
  },
  'turn/steer'(params) {
    if (steered === null || params.expectedTurnId !== 'turn-1') return null
    steered(params)
    return {}
  },
  'turn/interrupt'() {
    interrupted?.()
    return {}
  },
}

createInterface({ input: process.stdin })
  .on('line', (line) => {
    const message = JSON.parse(line)
    if (message.method === undefined) {
      answers.get(message.id)?.(message.result ?? { error: message.error.code })
      return
    }
    if (message.id === undefined) return
    const result = methods[message.method](message.params)
    if (result === null)
      say({ id: message.id, error: { code: -32600, message: 'no rollout found for thread id' } })
    else say({ id: message.id, result })
  })
  .on('close', () => process.listenerCount('SIGTERM') === 0 && process.exit(0))
