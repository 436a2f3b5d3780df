import { block as refuse } from '@agentproxy/plugin'
import type { ModelEvent, PluginContext, ToolCallRequest, ToolCallRuling } from '@agentproxy/plugin'
import { foldEvents, LossReport } from '@agentproxy/wire'
import { afterEach, describe, expect, test } from 'vitest'
import { askWithSdk } from '../testing/ask-with-sdk.ts'
import { cut, json, ScriptedUpstream, sse } from '../testing/scripted-upstream.ts'
import { block, call, end, formatNamed, speaker, spoken, usage } from '../testing/spoken.ts'
import { startGateway } from '../testing/test-gateway.ts'
import type { TestGateway } from '../testing/test-gateway.ts'

const FORMATS = ['anthropic', 'openai-chat', 'openai-responses', 'gemini'] as const
const STOPPED = {
  anthropic: 'end_turn',
  'openai-chat': 'stop',
  'openai-responses': 'completed',
  gemini: 'STOP',
}
const CALLED = { ...STOPPED, anthropic: 'tool_use', 'openai-chat': 'tool_calls' }

let gw: TestGateway
let upstream: ScriptedUpstream
let asked: ToolCallRequest[]
afterEach(async () => {
  await gw.close()
  await upstream.close()
})

const SECRET = 'rm -rf the-secret-argument'
const begun: ModelEvent = { type: 'start', id: 'a_1', model: 'm' }
const bad = (index: number) => call(index, { id: 'call_bad', name: 'look', args: { path: SECRET } })
const good = (index: number) => call(index, { id: 'call_good', name: 'look', args: { path: 'src' } })
const both = [
  begun,
  usage(12, 1),
  ...block(0, 'text', 'Hello'),
  ...bad(1),
  ...good(2),
  usage(12, 9),
  ...end('tool_use'),
]
const onlyBad = [begun, usage(12, 1), ...bad(0), usage(12, 9), ...end('tool_use')]

type Setup = (ctx: PluginContext) => void

/** A gateway with an upstream of each format, whose plugin refuses the argument above. */
async function start(more: Partial<ToolCallRuling> = {}, setup?: Setup): Promise<void> {
  asked = []
  upstream = await new ScriptedUpstream().listen()
  gw = await startGateway({
    setup(ctx) {
      for (const format of FORMATS) ctx.provider(speaker(format, format, upstream.url))
      ctx.hook(
        'tool.call',
        (request) => {
          asked.push(request)
          const isBad = JSON.stringify(request.input).includes('the-secret-argument')
          return { decision: isBad ? 'deny' : 'allow', reason: 'not that one', ...more }
        },
        { onError: 'block' },
      )
      setup?.(ctx)
    },
  })
}

const says = (events: readonly ModelEvent[]): void => {
  upstream.script = (response, seen) => {
    const format = FORMATS.find((one) => seen.url.includes(PATHS[one])) ?? 'anthropic'
    sse(spoken(format, events))(response, seen)
  }
}
const PATHS = {
  anthropic: '/messages',
  'openai-chat': '/chat/completions',
  'openai-responses': '/responses',
  gemini: 'GenerateContent',
} as const
const roads = FORMATS.flatMap((format) =>
  (['same', 'other'] as const).map((which) => {
    const other = format === 'anthropic' ? 'openai-chat' : 'anthropic'
    return [format, which === 'same' ? format : other] as const
  }),
)

describe.each(roads)('the %s client with a model of %s', (format, model) => {
  test('gets words of refusal in the place of a denied call, and the others', async () => {
    await start()
    says(both)
    const answer = await askWithSdk(format, gw.url, `${model}/m`)
    expect(answer.calls).toEqual([{ name: 'look', args: { path: 'src' } }])
    expect(answer.text).toContain('Hello')
    expect(answer.text).toContain('The call of the tool "look" was refused: not that one')
    expect(answer.stop).toBe(CALLED[format])
    expect(asked.map(({ tool }) => tool)).toEqual(['look', 'look'])
    expect(gw.ends).toMatchObject([{ outcome: 'completed' }])
  })

  test('gets an answer that ends of itself when no call is left', async () => {
    await start()
    says(onlyBad)
    const answer = await askWithSdk(format, gw.url, `${model}/m`)
    expect(answer).toMatchObject({ calls: [], stop: STOPPED[format] })
    expect(answer.text).toContain('was refused')
  })
})

const BODIES: Readonly<Record<(typeof FORMATS)[number], readonly [path: string, body: object]>> = {
  anthropic: ['/v1/messages', { max_tokens: 50, messages: [{ role: 'user', content: 'hi' }] }],
  'openai-chat': ['/v1/chat/completions', { messages: [{ role: 'user', content: 'hi' }] }],
  'openai-responses': ['/v1/responses', { input: 'hi' }],
  gemini: [
    '/v1beta/models/gemini%2Fm:generateContent',
    { contents: [{ role: 'user', parts: [{ text: 'hi' }] }] },
  ],
}

async function post(format: (typeof FORMATS)[number], over: object = {}, headers = {}): Promise<Response> {
  const [path, body] = BODIES[format]
  return gw.post(path, { model: `${format}/m`, ...body, ...over }, { headers })
}

test.each(FORMATS)('an unary answer of %s is judged as its stream is', async (format) => {
  await start()
  const wire = formatNamed(format)
  for (const [events, reason] of [
    [both, 'tool_use'],
    [onlyBad, 'end_turn'],
  ] as const) {
    upstream.script = json(wire.writeResponse(events, new LossReport()))
    const answer = await post(format)
    expect(answer.status).toBe(200)
    const text = await answer.text()
    expect(text).not.toContain('the-secret-argument')
    const folded = foldEvents(wire.readResponse(JSON.parse(text)))
    expect(folded.reason).toBe(reason)
    const calls = folded.blocks.filter(({ block: { type } }) => type === 'tool_call')
    expect(calls).toHaveLength(reason === 'tool_use' ? 1 : 0)
    expect(folded.blocks.map((one) => one.text).join('')).toContain('was refused: not that one')
  }
})

test('of a denied call the client has not a byte, and of one that is cut neither', async () => {
  await start()
  says(both)
  expect(await (await post('anthropic', { stream: true })).text()).not.toContain('the-secret-argument')
  upstream.script = cut(
    spoken('anthropic', both)
      .split('event: content_block_stop')
      .slice(0, 2)
      .join('event: content_block_stop'),
  )
  const broken = await post('anthropic', { stream: true })
  const seen: string[] = []
  await (async () => {
    for await (const chunk of broken.body ?? []) seen.push(Buffer.from(chunk).toString())
  })().catch(() => {})
  expect(seen.join('')).toContain('event: error')
  expect(seen.join('')).not.toContain('tool_use')
})

test('a ruling may end the whole answer, with 403 or an error in the stream', async () => {
  await start({ endsAnswer: true })
  upstream.script = json(formatNamed('anthropic').writeResponse(both, new LossReport()))
  expect((await post('anthropic')).status).toBe(403)
  says(both)
  await expect(askWithSdk('anthropic', gw.url, 'anthropic/m')).rejects.toThrow(/was refused/)
  expect(await gw.ended(2)).toMatchObject([
    { outcome: 'failed', reason: 'tool_call_refused' },
    { outcome: 'failed', reason: 'tool_call_refused' },
  ])
})

test('a handler that fails denies, where it says so', async () => {
  await start({}, (ctx) => {
    ctx.hook(
      'tool.call',
      () => {
        throw new Error('out of order')
      },
      { order: 'pre', onError: 'block' },
    )
  })
  says(both)
  expect(await askWithSdk('openai-chat', gw.url, 'openai-chat/m')).toMatchObject({ calls: [], stop: 'stop' })
})

test('what is to be asked is denied where nobody answers', async () => {
  await start({ decision: 'ask' })
  says(both)
  const { calls, text } = await askWithSdk('gemini', gw.url, 'gemini/m')
  expect([calls, text]).toEqual([[], expect.stringContaining('(nobody answered)')])
})

test('of a task’s calls the guards of its files and those who answer its questions have a say', async () => {
  const heard: string[] = []
  const effects = { kind: 'edit', title: 'edit', paths: ['/repo/db/1.sql', '/repo/a.ts'] } as const
  await start({ decision: 'ask', effects }, (ctx) => {
    ctx.hook('file.change', ({ taskId, path, phase }) => {
      heard.push(`${taskId} ${phase} ${path}`)
      return path.includes('/db/') && heard.length === 1 ? refuse('migrations are frozen') : undefined
    })
    ctx.hook('permission.request', ({ tool, paths }) => {
      heard.push(`${tool} ${paths.length}`)
      return { decision: 'allow', reason: 'fine' }
    })
  })
  says(both)
  const token = gw.gateway.issueTaskToken({ taskId: 't1', purpose: 'agent' })
  const answer = await post('anthropic', { stream: true }, { authorization: `Bearer ${token}` })
  const text = await answer.text()
  expect(text).toContain('/repo/db/1.sql: migrations are frozen')
  expect(text).toContain('call_good')
  expect(heard).toEqual([
    't1 before /repo/db/1.sql',
    't1 before /repo/db/1.sql',
    't1 before /repo/a.ts',
    'look 2',
  ])
  heard.length = 0
  await (await post('anthropic', { stream: true })).text()
  expect(heard).toEqual([])
})

test('calls that are no function calls are judged too, and further answers refused', async () => {
  await start()
  const item = {
    type: 'local_shell_call',
    id: 'l1',
    call_id: 'c1',
    status: 'completed',
    action: { type: 'exec', command: ['rm', 'the-secret-argument'] },
  }
  const whole = formatNamed('openai-responses').writeResponse(
    [begun, ...block(0, 'text', 'Hello'), ...end()],
    new LossReport(),
  )
  upstream.script = json({ ...whole, output: [item] })
  const shell = await (await post('openai-responses')).text()
  expect(shell).not.toContain('the-secret-argument')
  expect(shell).toContain('The call of the tool \\"local_shell\\" was refused')
  const chat = formatNamed('openai-chat').writeResponse(onlyBad, new LossReport()) as { choices: object[] }
  upstream.script = json({ ...chat, choices: [chat.choices[0], { ...chat.choices[0], index: 1 }] })
  const several = await post('openai-chat', { n: 2 })
  expect([several.status, await several.text()]).toEqual([403, expect.stringContaining('ask for one answer')])
})
