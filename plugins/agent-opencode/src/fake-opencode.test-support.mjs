#!/usr/bin/env node
// Stands in for opencode: serves its HTTP API and events as recorded, and does what the prompt names. Sessions are files in
// the data folder, as opencode's own are.
import { appendFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'

const args = process.argv.slice(2)
if (args.includes('--version')) {
  process.stdout.write('9.8.7\n')
  process.exit(0)
}
const home = join(process.env.XDG_DATA_HOME, 'opencode')
mkdirSync(home, { recursive: true })
appendFileSync(join(home, 'seen.jsonl'), `${JSON.stringify({ args, env: process.env })}\n`)
const port = Number(args[args.indexOf('--port') + 1])
const wanted = `Basic ${Buffer.from(`opencode:${process.env.OPENCODE_SERVER_PASSWORD}`).toString('base64')}`

const listeners = new Set()
const answers = new Map()
let sessionID = 'ses_1'
let steered = null
let aborted = null
let count = 0

const send = (type, properties) => {
  for (const response of listeners)
    response.write(`data: ${JSON.stringify({ id: 'evt', type, properties })}\n\n`)
}
const own = { id: 'msg_own', role: 'assistant' }
const message = (fields) => send('message.updated', { sessionID, info: { ...own, sessionID, ...fields } })
const part = (fields) => {
  count += 1
  send('message.part.updated', {
    part: { id: `prt_${count}`, sessionID, messageID: own.id, ...fields },
    time: 1,
  })
}
const words = (text, type = 'text') => {
  const id = `prt_${text}`
  part({ id, type, text: '', time: { start: 1 } })
  part({ id, type, text, time: { start: 1, end: 2 } })
}
const tool = (name, callID, state) => part({ type: 'tool', tool: name, callID, state })
const ask = (permission, fields) => {
  const id = `per_${permission}`
  send('permission.asked', {
    id,
    sessionID,
    permission,
    patterns: ['x'],
    metadata: {},
    always: ['*'],
    ...fields,
  })
  return new Promise((settle) => answers.set(id, settle))
}
const idle = () => {
  send('session.status', { sessionID, status: { type: 'idle' } })
  send('session.idle', { sessionID })
}
const fails = (name, data) => {
  send('session.error', { sessionID, error: { name, data } })
  message({ error: { name, data } })
}

const scenes = {
  plain() {
    words('hm', 'reasoning')
    send('todo.updated', { sessionID, todos: [{ content: 'look', status: 'in_progress', priority: 'high' }] })
    tool('read', 'call_1', { status: 'pending', input: {}, raw: '' })
    const input = { filePath: join(process.cwd(), 'src/sum.js') }
    tool('read', 'call_1', { status: 'running', input, time: { start: 1 } })
    tool('read', 'call_1', { status: 'completed', input, output: 'code', title: '', metadata: {}, time: {} })
    words('hello')
    const tokens = { input: 90, output: 20, reasoning: 5, cache: { read: 10, write: 0 } }
    part({ type: 'step-finish', reason: 'stop', cost: 0, tokens })
    message({ finish: 'stop' })
  },
  async edit() {
    const file = join(process.cwd(), 'sub.txt')
    tool('write', 'call_2', { status: 'running', input: { filePath: file }, time: { start: 1 } })
    const reply = await ask('edit', { patterns: ['sub.txt'], metadata: { filepath: file } })
    if (reply.reply === 'reject') {
      tool('write', 'call_2', { status: 'error', input: { filePath: file }, error: reply.message, time: {} })
    } else {
      writeFileSync(file, 'hi\n')
      tool('write', 'call_2', { status: 'completed', input: { filePath: file }, output: 'ok', time: {} })
    }
    words(JSON.stringify(reply))
  },
  async 'older edit'() {
    words(JSON.stringify(await ask('older', {})))
  },
  async steered() {
    words('working')
    words(await new Promise((settle) => (steered = settle)))
  },
  async hang() {
    words('working')
    await new Promise((settle) => (aborted = settle))
    fails('MessageAbortedError', { message: 'Aborted' })
  },
  async stubborn() {
    process.on('SIGTERM', () => {})
    words('working')
    await new Promise(() => {})
  },
  garbage() {
    for (const response of listeners) response.write(': a comment\n\ndata: {"half":\n\ndata: 7\n\n')
    send('of.tomorrow', { value: 1 })
    send('message.updated', { info: 7 })
    words('still here')
  },
  dies() {
    process.stderr.write('out of luck\n')
    process.exit(3)
  },
  'api 503': () => fails('APIError', { message: 'busy', statusCode: 503, isRetryable: true }),
  'api 400': () => fails('APIError', { message: 'bad param', statusCode: 400, isRetryable: false }),
  'too long': () => fails('ContextOverflowError', { message: 'context' }),
  'max tokens': () => message({ finish: 'length' }),
  async retries() {
    await new Promise((settle) => {
      aborted = settle
      for (const attempt of [1, 2, 3])
        send('session.status', {
          sessionID,
          status: { type: 'retry', attempt, message: 'overloaded', next: 1 },
        })
    })
    fails('MessageAbortedError', { message: 'Aborted' })
  },
}

async function prompt({ parts, model }) {
  const text = parts.at(-1).text
  if (steered !== null) return steered(text)
  appendFileSync(join(home, 'prompts.jsonl'), `${JSON.stringify({ parts, model })}\n`)
  send('session.status', { sessionID, status: { type: 'busy' } })
  send('message.updated', { sessionID, info: { id: 'msg_user', sessionID, role: 'user' } })
  part({ messageID: 'msg_user', type: 'text', text, time: { start: 1, end: 2 } })
  message({})
  await scenes[text]()
  idle()
}

const routes = {
  'GET /event'(response) {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    listeners.add(response)
    send('server.connected', {})
    send('session.idle', { sessionID })
  },
  'POST /session'(response) {
    writeFileSync(join(home, sessionID), '')
    response.end(JSON.stringify({ id: sessionID }))
  },
}

async function answer(request, response) {
  if (request.headers.authorization !== wanted) return response.writeHead(401).end()
  let text = ''
  for await (const chunk of request.setEncoding('utf8')) text += chunk
  const body = text === '' ? null : JSON.parse(text)
  const route = routes[`${request.method} ${request.url}`]
  if (route !== undefined) return route(response)
  const [, first, id, last, more] = request.url.split('/')
  if (first === 'permission') {
    if (id === 'per_older') return response.writeHead(404).end()
    answers.get(id)?.(body)
    return response.end('true')
  }
  if (last === 'permissions') {
    answers.get(more)?.(body)
    return response.end('true')
  }
  if (last === undefined) {
    if (!existsSync(join(home, id))) return response.writeHead(404).end()
    sessionID = id
    return response.end(JSON.stringify({ id }))
  }
  if (last === 'abort') {
    response.end('true')
    return aborted?.()
  }
  if (body.parts.at(-1).text === 'refused') return response.writeHead(400).end('no such model')
  response.writeHead(204).end()
  return prompt(body)
}

createServer((request, response) => void answer(request, response)).listen(
  process.env.FAKE_DEAF === '1' ? 0 : port,
  '127.0.0.1',
  () => {
    if (process.env.FAKE_DEAF === '1') return
    process.stdout.write(`opencode server listening on http://127.0.0.1:${port}\n`)
  },
)
