import { expect, test } from 'vitest'
import { MASK, maskConfig } from './mask-config.ts'

test('texts under keys that look secret are masked, at any depth', () => {
  const config = {
    apiKey: 'sk-1',
    accounts: [{ label: 'work', access_token: 'abc', tokens: ['a', 'b'] }],
    auth: { credentials: { user: 'ada', pin: 5 } },
  }
  expect(maskConfig(config)).toEqual({
    apiKey: MASK,
    accounts: [{ label: 'work', access_token: MASK, tokens: [MASK, MASK] }],
    auth: { credentials: { user: MASK, pin: 5 } },
  })
})

test('what names a secret, counts it or leads to it is shown, but for a password in a URL', () => {
  const config = {
    apiKeyEnv: 'OPENAI_API_KEY',
    maxTokens: 5,
    tokenFile: '/t',
    baseUrl: 'https://a.example/v1',
  }
  expect(maskConfig(config)).toEqual(config)
  expect(maskConfig({ proxy: 'http://ada:secret@proxy.example:8080/x' })).toEqual({
    proxy: `http://ada:${MASK}@proxy.example:8080/x`,
  })
})
