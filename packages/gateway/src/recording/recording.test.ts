import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { cut, json } from '../testing/scripted-upstream.ts'
import type { Script } from '../testing/scripted-upstream.ts'
import { CANARY, OWNER_TOKEN, startGateway } from '../testing/test-gateway.ts'
import type { TestGateway } from '../testing/test-gateway.ts'
import { anthropicJson, anthropicSse } from '../testing/vendor-answers.ts'
import type { Recording } from './recording.ts'

let folder: string
let open: TestGateway[]
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'recording-'))
  open = []
})
afterEach(async () => {
  await Promise.all(open.map((gw) => gw.close()))
  rmSync(folder, { recursive: true, force: true })
})

async function start(mode: 'record' | 'replay'): Promise<TestGateway> {
  const gw = await startGateway({ recording: { mode, folder }, ...(mode === 'replay' && { env: {} }) })
  open.push(gw)
  return gw
}

async function stop(gw: TestGateway): Promise<void> {
  open = open.filter((one) => one !== gw)
  await gw.close()
}

const body = { model: 'ant/ant-model', max_tokens: 9, messages: [{ role: 'user', content: 'hi' }] }

function files(): readonly string[] {
  return readdirSync(folder).map((name) => join(folder, name))
}

/** Writes a stream in pieces that split events and characters. */
const inPieces: Script = (response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'request-id': 'r1', 'set-cookie': 'a=b' })
  const bytes = Buffer.from(anthropicSse.replace('Hello', 'Hé€llo'))
  const write = (from: number): void => {
    if (from >= bytes.length) response.end()
    else response.write(bytes.subarray(from, from + 37), () => setTimeout(write, 1, from + 37))
  }
  write(0)
}

test('a stream is recorded and replayed byte for byte, and no upstream is called', async () => {
  const recorder = await start('record')
  recorder.upstream.script = inPieces
  const live = await (await recorder.post('/v1/messages', { ...body, stream: true })).text()
  await stop(recorder)
  const [file = ''] = files()
  expect(statSync(file).mode & 0o777).toBe(0o600)
  const replay = await start('replay')
  for (let round = 0; round < 2; round += 1) {
    const answer = await replay.post('/v1/messages', { ...body, stream: true })
    expect(answer.headers.get('request-id')).toBe('r1')
    expect(await answer.text()).toBe(live)
  }
  expect(replay.upstream.seen).toEqual([])
  expect(replay.ends).toMatchObject([{ outcome: 'completed' }, { outcome: 'completed' }])
})

test('a recording holds the request, the answer with its times, and no credential', async () => {
  const gw = await start('record')
  gw.upstream.script = json({ ...anthropicJson, model: `echo ${CANARY}` }, 200, {
    'set-cookie': `k=${CANARY}`,
  })
  await (await gw.post('/v1/messages', { ...body, metadata: { user_id: CANARY } })).text()
  await stop(gw)
  const text = files()
    .map((file) => readFileSync(file, 'utf8'))
    .join('')
  for (const secret of [CANARY, OWNER_TOKEN]) expect(text).not.toContain(secret)
  const recording = JSON.parse(text) as Recording
  expect(recording).toMatchObject({
    version: 1,
    request: { method: 'POST', path: '/v1/messages', body: { model: 'ant-model', max_tokens: 9 } },
    answer: { status: 200, ended: 'whole' },
  })
  expect(recording.answer.chunks.every(({ afterMs }) => afterMs >= 0)).toBe(true)
  expect(Object.keys(recording.answer.headers)).not.toContain('set-cookie')
})

test('the same request asked again gets the next recording of it', async () => {
  const recorder = await start('record')
  for (const model of ['one', 'two']) {
    recorder.upstream.script = json({ ...anthropicJson, model })
    await (await recorder.post('/v1/messages', body)).text()
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  await stop(recorder)
  const replay = await start('replay')
  const models: unknown[] = []
  for (let round = 0; round < 3; round += 1)
    models.push(((await (await replay.post('/v1/messages', body)).json()) as { model: unknown }).model)
  expect(models).toEqual(['one', 'two', 'two'])
})

test('what was not recorded is a 404 in the caller’s dialect that names the nearest recording', async () => {
  const recorder = await start('record')
  recorder.upstream.script = json(anthropicJson)
  await (await recorder.post('/v1/messages', body)).text()
  await stop(recorder)
  const replay = await start('replay')
  const other = { ...body, messages: [{ role: 'user', content: 'something else' }] }
  const native = await replay.post('/v1/messages', other)
  expect(native.status).toBe(404)
  const said = (await native.json()) as { type: string; error: { type: string; message: string } }
  expect(said).toMatchObject({ type: 'error', error: { type: 'not_found_error' } })
  expect(said.error.message).toContain(readdirSync(folder)[0])
  expect(said.error.message).toContain('messages.0.content')
  const translated = await replay.post('/v1/chat/completions', { ...other, model: 'ant/ant-model' })
  expect(translated.status).toBe(404)
  expect(await translated.json()).toMatchObject({
    error: { message: expect.stringContaining('No recording') },
  })
  expect(replay.upstream.seen).toEqual([])
})

test('a stream that broke breaks again', async () => {
  const recorder = await start('record')
  const half = anthropicSse.slice(0, anthropicSse.indexOf('event: message_stop'))
  recorder.upstream.script = cut(half)
  await (await recorder.post('/v1/messages', { ...body, stream: true })).text().catch(() => {})
  await stop(recorder)
  const replay = await start('replay')
  await (await replay.post('/v1/messages', { ...body, stream: true })).text().catch(() => {})
  expect(await replay.ended(1)).toMatchObject([{ outcome: 'failed', reason: 'connection_lost' }])
})

test('a folder without recordings, or with something else in it, is refused at the start', async () => {
  await expect(start('replay')).rejects.toMatchObject({ code: 'RECORDING_UNREADABLE' })
  writeFileSync(join(folder, 'x.json'), '{}')
  await expect(start('replay')).rejects.toThrow(/x\.json is no recording/)
})
