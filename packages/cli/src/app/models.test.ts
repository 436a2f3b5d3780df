import type { ProviderDefinition } from '@agentproxy/plugin'
import { expect, test } from 'vitest'
import { missingKeys } from './models.ts'

const credentialIn = (env: string) => ({ env, header: 'x-api-key', prefix: '' })
const base = { name: 'p', credential: credentialIn('MAIN_KEY') } as unknown as ProviderDefinition

test('a provider needs its key, one with accounts that of any of them, one whose upstream asks for none nothing', () => {
  const accounts = [
    { label: 'work', credential: credentialIn('WORK_KEY') },
    { label: 'home', credential: credentialIn('HOME_KEY') },
  ]
  const pooled = { ...base, accounts }
  expect(missingKeys(base, {})).toEqual(['MAIN_KEY'])
  expect(missingKeys(base, { MAIN_KEY: ' ' })).toEqual(['MAIN_KEY'])
  expect(missingKeys(base, { MAIN_KEY: 'k' })).toEqual([])
  expect(missingKeys(pooled, { MAIN_KEY: 'k' })).toEqual(['WORK_KEY', 'HOME_KEY'])
  expect(missingKeys(pooled, { HOME_KEY: 'k' })).toEqual([])
  expect(missingKeys({ ...base, credential: null }, {})).toEqual([])
})
