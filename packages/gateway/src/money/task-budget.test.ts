import Anthropic, { PermissionDeniedError as ClaudeDenied } from '@anthropic-ai/sdk'
import OpenAI, { PermissionDeniedError as GptDenied } from 'openai'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Store } from '@agentproxy/store'
import { anthropicJson } from '../testing/vendor-answers.ts'
import { json } from '../testing/scripted-upstream.ts'
import { startGateway } from '../testing/test-gateway.ts'
import type { TestGateway } from '../testing/test-gateway.ts'
import { recorded, testStore } from '../testing/test-ledger.ts'

// An answer of 12 tokens in and 5 out costs 0.022 dollars.
const prices = { 'ant/ant-model': { input: 1000, output: 2000 } }
const call = { model: 'ant/ant-model', max_tokens: 5, messages: [{ role: 'user' as const, content: 'hi' }] }
const purposes = ['agent', 'reasoner'] as const

let store: Store
let gw: TestGateway
beforeEach(async () => {
  store = await testStore()
  gw = await open()
})
afterEach(() => gw.close())

async function open(): Promise<TestGateway> {
  const opened = await startGateway({
    prices,
    exchanges: store.exchanges,
    ledger: store.exchanges,
    holds: store.holds,
  })
  opened.upstream.script = json(anthropicJson)
  return opened
}

function issue(
  budget: { maxCostUsd?: number; maxTokens?: number },
  purpose: 'agent' | 'reasoner' = 'agent',
): string {
  const whole = { maxCostUsd: null, maxTokens: null, ...budget }
  return gw.gateway.issueTaskToken({ taskId: 't1', purpose, budget: whole })
}

function ask(token: string, body: unknown = call): Promise<Response> {
  return gw.post('/v1/messages', body, { headers: { authorization: `Bearer ${token}` } })
}

test.each(purposes)('a task’s %s is refused before the call once its money is spent', async (purpose) => {
  const token = issue({ maxCostUsd: 0.03 }, purpose)
  expect((await ask(token)).status).toBe(200)
  await recorded(store, 1)
  expect((await ask(token)).status).toBe(200)
  expect(gw.gateway.budgetUsedUp('t1')).toBeNull()
  await recorded(store, 2)
  const refused = await ask(token)
  expect(refused.status).toBe(403)
  expect(await refused.json()).toMatchObject({
    type: 'error',
    error: { type: 'permission_error', message: "The task's budget of $0.03 is used up: $0.044 spent." },
  })
  expect(gw.upstream.seen).toHaveLength(2)
  expect(gw.gateway.budgetUsedUp('t1')).toEqual({ reason: 'max_cost', spent: 0.044, budget: 0.03 })
  expect(gw.ends.at(-1)).toMatchObject({ outcome: 'rejected', reason: 'max_cost', costUsd: 0 })
})

test('agent and reasoner share the budget, and official clients understand the refusal', async () => {
  const agent = issue({ maxTokens: 17 })
  const reasoner = issue({ maxTokens: 17 }, 'reasoner')
  const claude = new Anthropic({ baseURL: gw.url, apiKey: agent, maxRetries: 0 })
  const gpt = new OpenAI({ baseURL: `${gw.url}/v1`, apiKey: reasoner, maxRetries: 0 })
  await claude.messages.create(call)
  await recorded(store, 1)
  await expect(claude.messages.create(call)).rejects.toThrow(ClaudeDenied)
  await expect(gpt.chat.completions.create(call)).rejects.toThrow(GptDenied)
  expect(gw.gateway.budgetUsedUp('t1')).toEqual({ reason: 'max_tokens', spent: 17, budget: 17 })
})

test('a new gateway knows what the task has spent', async () => {
  await ask(issue({ maxTokens: 10 }))
  await recorded(store, 1)
  await gw.close()
  gw = await open()
  expect((await ask(issue({ maxTokens: 10 }))).status).toBe(403)
})

test('fifty calls at once pass a budget by no more than one reserve', async () => {
  const token = issue({ maxCostUsd: 0.1 })
  const statuses = await Promise.all(Array.from({ length: 50 }, async () => (await ask(token)).status))
  await recorded(store, 50)
  const { costUsd } = await store.exchanges.spent({ taskId: 't1' })
  const reserve = (Math.ceil(JSON.stringify(call).length / 3) * 1000 + 5 * 2000) / 1_000_000
  expect(costUsd).toBeLessThanOrEqual(0.1 + reserve)
  expect(statuses.filter((status) => status === 200).length).toBeGreaterThan(0)
  expect(statuses.filter((status) => ![200, 429, 403].includes(status))).toEqual([])
  expect(gw.upstream.seen).toHaveLength(statuses.filter((status) => status === 200).length)
})

test('calls that fail, or whose client leaves, give back what was put aside', async () => {
  const token = issue({ maxCostUsd: 0.01 })
  gw.upstream.script = json({ type: 'error', error: { type: 'overloaded_error', message: 'busy' } }, 529)
  expect((await ask(token)).status).toBe(529)
  gw.upstream.script = () => {}
  const controller = new AbortController()
  const left = gw.post('/v1/messages', call, {
    headers: { authorization: `Bearer ${token}` },
    signal: controller.signal,
  })
  while (gw.upstream.seen.length < 2) await new Promise((resolve) => setTimeout(resolve, 5))
  const meanwhile = await ask(token)
  expect([meanwhile.status, meanwhile.headers.get('retry-after')]).toEqual([429, '1'])
  controller.abort()
  await expect(left).rejects.toThrow()
  await recorded(store, 3)
  gw.upstream.script = json(anthropicJson)
  expect((await ask(token)).status).toBe(200)
})

test('a call whose price is not known is refused where money is limited, and nowhere else', async () => {
  const unpriced = { ...call, model: 'ant/shared-model' }
  const response = await ask(issue({ maxCostUsd: 1 }), unpriced)
  expect(response.status).toBe(403)
  expect(await response.text()).toContain('No price is known for \\"ant/shared-model\\"')
  expect((await ask(issue({ maxTokens: 100 }), unpriced)).status).toBe(200)
})

test('an answer without usage counts as what was put aside for it', async () => {
  const { usage: _, ...silent } = anthropicJson
  gw.upstream.script = json(silent)
  await ask(issue({ maxCostUsd: 9, maxTokens: 900 }))
  const [row] = await recorded(store, 1)
  expect(row).toMatchObject({ costUsd: null, inputTokens: null })
  const spent = await store.exchanges.spent({ taskId: 't1' })
  expect(spent).toEqual({ tokens: row?.heldTokens, costUsd: row?.heldUsd })
  expect(spent.tokens).toBeGreaterThan(5)
})
