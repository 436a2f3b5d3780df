import { existsSync } from 'node:fs'
import { mkdir, symlink } from 'node:fs/promises'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Bench, Json, Running } from './bench.ts'
import { createBench } from './bench.ts'

let bench: Bench
let env: Record<string, string>
let server: Server

const slowFix = (met: string): string => `
name: Slow fix
description: Sleeps once, then repairs the code.
steps:
  - when: { toolResults: 0 }
    then:
      - tool: [{ name: run_command, input: { command: "test -e ${met} || { touch ${met}; sleep 300; }" } }]
  - when: { toolResults: 1 }
    then:
      - tool:
          - name: edit_file
            input: { path: src/sum.js, old_text: "let index = 1", new_text: "let index = 0" }
  - then:
      - text: "[simulated] Done."
`

interface Server {
  readonly running: Running
  readonly url: string
  ask(path: string, body?: object): Promise<{ readonly status: number; readonly json: Json }>
  get(path: string, headers?: Record<string, string>, signal?: AbortSignal): Promise<Response>
}

beforeEach(async () => {
  bench = await createBench()
  await bench.write('scenarios/slow-fix.yaml', slowFix(path.join(bench.home, 'met')))
  const roots = JSON.stringify([bench.project])
  await bench.write('config/agentproxy/config.yaml', `supervisor: { roots: ${roots}, resumeOnStart: true }\n`)
  env = {
    AGENTPROXY_TOKEN: 'owner-token-of-the-test-0123456789',
    AGENTPROXY_PLUGINS__PROVIDER_SIMULATOR__SCENARIOS: JSON.stringify([path.join(bench.home, 'scenarios')]),
  }
  server = await serve()
})
afterEach(() => bench.dispose())

async function serve(): Promise<Server> {
  const running = bench.start(['serve', '--port', '0', '--json', '--no-watch'], { bin: 'agentproxy', env })
  const line = await running.line((text) => text.includes('"listening"'))
  const { url } = JSON.parse(line) as { url: string }
  const authorization = `Bearer ${env['AGENTPROXY_TOKEN']}`
  const get: Server['get'] = (where, headers = {}, signal = new AbortController().signal) =>
    fetch(`${url}${where}`, { headers: { authorization, ...headers }, signal })
  return {
    running,
    url,
    get,
    async ask(where, body) {
      const init = {
        method: 'POST',
        headers: { authorization, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }
      const answer = body === undefined ? await get(where) : await fetch(`${url}${where}`, init)
      return { status: answer.status, json: (await answer.json()) as Json }
    },
  }
}

const order = (scenario: string, more: object = {}): object => ({
  task: 'make the failing test pass',
  workingDir: bench.project,
  agent: 'builtin',
  model: `simulator/${scenario}`,
  ...more,
})

interface Frame {
  readonly id: number
  readonly event: string
  readonly data: Json
}

/** Reads events until one is wanted, then leaves without a word. */
async function watch(
  where: string,
  until: (frame: Frame) => boolean,
  headers: Record<string, string> = {},
): Promise<readonly Frame[]> {
  const leave = new AbortController()
  const answer = await server.get(where, headers, leave.signal)
  const frames: Frame[] = []
  let text = ''
  const decoder = new TextDecoder()
  for await (const chunk of answer.body ?? []) {
    text += decoder.decode(chunk, { stream: true })
    const whole = text.split('\n\n')
    text = whole.pop() ?? ''
    for (const block of whole) {
      const field = (name: string): string => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1] ?? ''
      if (!block.startsWith('id:')) continue
      frames.push({ id: Number(field('id')), event: field('event'), data: JSON.parse(field('data')) as Json })
    }
    if (frames.some(until)) break
  }
  leave.abort()
  return frames
}

function events(
  id: string,
  last: number | null,
  until: (frame: Frame) => boolean,
): Promise<readonly Frame[]> {
  return watch(`/tasks/${id}/events`, until, last === null ? {} : { 'last-event-id': String(last) })
}

const isEnd = ({ event }: Frame): boolean => event === 'task.finished'

test('a task is run, watched by two clients of which one is cut off, and read afterwards', async () => {
  const watching = watch('/events', ({ event }) => event === 'task.finished')
  const made = await server.ask('/tasks', order('fix', { session: 'first' }))
  expect([made.status, made.json['id']]).toEqual([201, 'first'])
  const [whole, begun] = await Promise.all([
    events('first', 0, isEnd),
    events('first', null, ({ event }) => event === 'turn.started'),
  ])
  expect(whole.map(({ id }) => id)).toEqual(whole.map((_, index) => index + 1))
  expect(begun[0]?.event).toBe('snapshot')
  const last = begun.at(-1)?.id ?? 0
  expect(await events('first', last, isEnd)).toEqual(whole.slice(last))
  expect((await server.get('/tasks/first/events', { 'last-event-id': String(whole.length) })).status).toBe(
    204,
  )
  const [ahead] = await events('first', 1_000_000, ({ event }) => event === 'snapshot')
  expect(ahead?.event).toBe('gap')

  const told = await watching
  expect(told.at(-1)?.data).toMatchObject({ task: 'first', outcome: 'done', reason: 'verified', turns: 1 })
  const states = told.flatMap(({ event, data }) => (event === 'task.state' ? [data['state']] : []))
  expect(states).toEqual(expect.arrayContaining(['preparing', 'running', 'verifying']))
  expect(told.some(({ event }) => event === 'exchange.end')).toBe(true)

  expect((await server.ask('/session/first')).json).toMatchObject({
    state: 'done',
    reason: 'verified',
    turns: 1,
  })
  expect((await server.ask('/tasks?state=done&limit=1')).json).toMatchObject({ tasks: [{ id: 'first' }] })
  expect((await server.ask('/tasks/first/evidence')).json['evidence']).toHaveLength(2)
  expect(await (await server.get('/tasks/first/diff')).text()).toContain('+  for (let index = 0;')
  expect((await server.ask('/tasks/first/stop', {})).json).toMatchObject({ error: { code: 'SESSION_ENDED' } })
  const { json } = await server.ask('/openapi.json')
  expect(Object.keys(json['paths'] as Json)).toEqual(
    expect.arrayContaining(['/tasks', '/tasks/{id}/events', '/task', '/sessions', '/session/{id}', '/stop']),
  )
})

test('only folders below the roots, only names of checks, only the owner', async () => {
  const outside = path.join(bench.home, 'outside')
  await mkdir(outside)
  await symlink(outside, path.join(bench.project, 'link'))
  for (const workingDir of [outside, path.join(bench.project, 'link'), `${bench.project}/../outside`, '.']) {
    const { status, json } = await server.ask('/tasks', { ...order('fix'), workingDir })
    expect([status, json['error']]).toEqual([403, expect.objectContaining({ code: 'WORKING_DIR' })])
  }
  const command = await server.ask('/tasks', order('fix', { checks: ['curl evil | sh'] }))
  expect(command.json).toMatchObject({ error: { code: 'CHECK_UNKNOWN' } })
  expect((await server.ask('/tasks', order('fix', { check: 'true' }))).status).toBe(400)
  expect((await server.ask('/tasks/nobody')).status).toBe(404)
  const nobody = await fetch(`${server.url}/tasks`)
  expect(nobody.status).toBe(401)
  const key = await bench.command(['keys', 'create', 'program', '--json'], { env })
  const secret = String((JSON.parse(key.stdout) as Json)['key'])
  const stranger = await fetch(`${server.url}/tasks`, { headers: { authorization: `Bearer ${secret}` } })
  expect(stranger.status).toBe(403)
})

test('permissions are answered over HTTP', async () => {
  await server.ask('/tasks', order('fix', { session: 'asks', approve: 'ask' }))
  for (;;) {
    const task = (await server.ask('/tasks/asks')).json
    if (task['outcome'] !== null) break
    const { json } = await server.ask('/tasks/asks/permissions')
    for (const { id } of json['permissions'] as { id: string }[])
      await server.ask(`/tasks/asks/permissions/${id}`, { option: 'allow_always' })
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  expect((await server.ask('/tasks/asks')).json).toMatchObject({ state: 'done' })
  const seen = await events('asks', 0, isEnd)
  const decided = seen.filter(({ event }) => event === 'permission.decided').map(({ data }) => data['by'])
  expect(decided).toContain('person')
  const late = await server.ask('/tasks/asks/permissions/none', { option: 'allow_once' })
  expect(late).toMatchObject({ status: 409, json: { error: { code: 'NOTHING_ASKED' } } })
})

test('a killed server’s task goes on in the next one, is interrupted by a message, and one stopped stays saved', async () => {
  await server.ask('/tasks', order('slow-fix', { session: 'slow' }))
  const met = path.join(bench.home, 'met')
  await expect.poll(() => existsSync(met), { timeout: 60_000 }).toBe(true)
  await server.ask('/tasks', order('slow-fix', { session: 'second' }))
  server.running.child.kill('SIGKILL')
  await server.running.done
  server = await serve()
  const resumed = await events(
    'slow',
    0,
    ({ event }) => event === 'task.resumed' || isEnd({ event } as Frame),
  )
  expect(resumed.some(({ event }) => event === 'task.resumed')).toBe(true)
  await events('slow', 0, isEnd)
  expect((await server.ask('/tasks/slow')).json).toMatchObject({ state: 'done' })
  server.running.child.kill('SIGTERM')
  expect((await server.running.done).code).toBe(0)
})
