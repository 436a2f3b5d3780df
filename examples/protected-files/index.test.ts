import { block, ok } from '@agentproxy/plugin'
import { createTestHost, describeContract } from '@agentproxy/plugin-testing'
import { describe, expect, test } from 'vitest'
import protectedFiles from './index.ts'

describeContract(protectedFiles, {}, { describe, test })

test('an agent may not touch secrets, and may touch the rest', async () => {
  await using host = await createTestHost({ plugins: [protectedFiles] })
  expect(await host.hook('file.change', { path: '.env' })).toEqual(block('.env is protected'))
  expect(await host.hook('file.change', { path: 'src/environment.ts' })).toEqual(ok())
  expect(host.log).toMatchObject([{ level: 'info', message: 'refused a change' }])
})
