import { readFile } from 'node:fs/promises'
import { hookKinds } from '@agentproxy/plugin'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Bench } from './bench.ts'
import { createBench, jsonLines, taskArgs } from './bench.ts'

let bench: Bench
beforeEach(async () => {
  bench = await createBench()
})
afterEach(() => bench.dispose())

/** A task logs nobody in; logins have tests of their own. */
const firesInTasks = (name: string): boolean => !name.startsWith('oauth.')

test('every hook there is fires in tasks run whole: one that is verified and one that is not', async () => {
  const heard = `${bench.home}/heard`
  const file = await bench.write(
    'plugins/listener.mjs',
    `import { appendFileSync } from 'node:fs'
     import { definePlugin, hookKinds } from '@agentproxy/plugin'
     const note = (name) => appendFileSync(${JSON.stringify(heard)}, name + '\\n')
     export default definePlugin({ name: 'listener', version: '1.0.0', setup(ctx) {
       for (const [name, kind] of Object.entries(hookKinds))
         ctx.hook(name, kind === 'around' ? (_, next) => (note(name), next()) : () => note(name))
     } })`,
  )
  const env = { AGENTPROXY_PLUGINS: file }
  const done = await bench.command(taskArgs('fix'), { env })
  expect(jsonLines(done.stdout).at(-1)).toMatchObject({ outcome: 'done' })
  await bench.git('checkout', '--', '.')
  const capped = await bench.command(taskArgs('claims-done', '--max-turns', '1'), { env })
  expect(jsonLines(capped.stdout).at(-1)).toMatchObject({ outcome: 'capped' })
  const fired = new Set((await readFile(heard, 'utf8')).trim().split('\n'))
  expect([...fired].toSorted()).toEqual(Object.keys(hookKinds).filter(firesInTasks).toSorted())
})
