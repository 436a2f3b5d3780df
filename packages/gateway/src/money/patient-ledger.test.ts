import { StoreError } from '@agentproxy/store'
import type { StoreErrorCode } from '@agentproxy/store'
import { expect, test } from 'vitest'
import { anthropicJson } from '../testing/vendor-answers.ts'
import { json } from '../testing/scripted-upstream.ts'
import { startGateway } from '../testing/test-gateway.ts'
import { recorded, testStore } from '../testing/test-ledger.ts'

const call = { model: 'ant/ant-model', max_tokens: 9, messages: [] }

/** A store whose exchanges cannot be written so many times. */
async function failing(code: StoreErrorCode, times: number) {
  const store = await testStore()
  let left = times
  const exchanges: Pick<typeof store.exchanges, 'add'> = {
    add: async (record) => {
      if (left-- > 0) throw new StoreError(code, 'the server is away')
      await store.exchanges.add(record)
    },
  }
  return { store, exchanges }
}

test('an exchange that the store does not take is written when it does, once', async () => {
  const { store, exchanges } = await failing('UNAVAILABLE', 2)
  const gw = await startGateway({ exchanges })
  gw.upstream.script = json(anthropicJson)
  expect((await gw.post('/v1/messages', call)).status).toBe(200)
  expect(await recorded(store, 1)).toHaveLength(1)
  expect(gw.logs.join('\n')).not.toContain('Storing an exchange failed')
  await gw.close()
})

test('what no waiting helps, and what still waits at the end, is told', async () => {
  const closed = await startGateway({ exchanges: (await failing('CLOSED', 99)).exchanges })
  const away = await startGateway({ exchanges: (await failing('UNAVAILABLE', 99)).exchanges })
  for (const gw of [closed, away]) {
    gw.upstream.script = json(anthropicJson)
    expect((await gw.post('/v1/messages', call)).status).toBe(200)
    await gw.ended(1)
    await gw.close()
    await expect.poll(() => gw.logs.join('\n')).toContain('Storing an exchange failed')
  }
})
