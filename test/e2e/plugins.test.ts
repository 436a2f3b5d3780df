import { readFile } from 'node:fs/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Bench } from './bench.ts'
import { createBench, jsonLines, processesWith, STACK_TRACE, taskArgs } from './bench.ts'

let bench: Bench
beforeEach(async () => {
  bench = await createBench()
})
afterEach(() => bench.dispose())

/** Runs the sample's task with one plugin whose `setup` has this body. */
async function runWith(setup: string, ...more: readonly string[]) {
  const file = await bench.write(
    'plugins/guest.mjs',
    `import { block, definePlugin } from '@agentproxy/plugin'
     export default definePlugin({ name: 'guest', version: '1.0.0', setup(ctx) { ${setup}; void block } })`,
  )
  return bench.command(taskArgs('fix', ...more), { env: { AGENTPROXY_PLUGINS: file } })
}

describe('a plugin', () => {
  test('that blocks the task ends it before anything runs, by name and reason', async () => {
    const { code, stdout } = await runWith(`ctx.hook('task.start', () => block('not on a Friday'))`)
    expect(code).toBe(18)
    const lines = jsonLines(stdout)
    expect(lines.at(-1)).toMatchObject({ type: 'report', outcome: 'blocked', exitCode: 18 })
    expect(lines.at(-1)?.['message']).toBe('Task blocked by plugin guest: not on a Friday')
    expect(lines.filter((line) => line['type'] === 'turn.started')).toEqual([])
  })

  test('that throws in a hook is named, and the task goes on', async () => {
    const { code, stdout, stderr } = await runWith(
      `ctx.hook('task.start', () => { throw new Error('guest is ill') })`,
    )
    expect(jsonLines(stdout).at(-1)).toMatchObject({ outcome: 'done' })
    expect(code).toBe(0)
    expect(stderr).toContain('guest')
    expect(stderr).toContain('guest is ill')
    expect(stderr).not.toMatch(STACK_TRACE)
  })

  test('that hangs in a hook is given up on, and the task goes on', async () => {
    const { code, stdout, stderr } = await runWith(
      `ctx.hook('task.start', () => new Promise(() => {}), { timeoutMs: 200 })`,
    )
    expect(jsonLines(stdout).at(-1)).toMatchObject({ outcome: 'done' })
    expect(code).toBe(0)
    expect(stderr).toContain('guest')
  })

  test('that fails to load is named with its reason, and the task goes on without it', async () => {
    const { code, stderr } = await runWith(`throw new Error('no licence')`)
    expect(code).toBe(0)
    expect(stderr).toContain('guest')
    expect(stderr).toContain('no licence')
    expect(stderr).not.toMatch(STACK_TRACE)
  })

  test('that is not there is named, and the task goes on without it', async () => {
    const { code, stderr } = await bench.command(taskArgs('fix'), {
      env: { AGENTPROXY_PLUGINS: './nowhere.mjs' },
    })
    expect(code).toBe(0)
    expect(stderr).toContain('nowhere.mjs')
    expect(stderr).not.toMatch(STACK_TRACE)
  })

  test('that fails where nobody catches ends the task in order: saved, exit 1, no orphan', async () => {
    const { code, stdout, stderr } = await runWith(
      `ctx.hook('agent.start', () => { setTimeout(() => { throw new Error('a stray failure') }, 1) })`,
    )
    expect(code).toBe(1)
    expect(stderr).toContain('a stray failure')
    expect(stderr).not.toMatch(STACK_TRACE)
    const lines = jsonLines(stdout)
    expect(lines.at(-1)).toMatchObject({ type: 'report', outcome: 'cancelled', exitCode: 1 })
    const markers = lines
      .filter((line) => line['type'] === 'process.starting')
      .map((line) => String(line['marker']))
    expect((await Promise.all(markers.map(processesWith))).flat()).toEqual([])
  })

  test('hears the command begin and end', async () => {
    const heard = `${bench.home}/heard`
    const note = `({ command }) => appendFileSync(${JSON.stringify(heard)}, name + ' ' + command + '\\n')`
    const file = await bench.write(
      'plugins/listener.mjs',
      `import { appendFileSync } from 'node:fs'
       import { definePlugin } from '@agentproxy/plugin'
       export default definePlugin({ name: 'listener', version: '1.0.0', setup(ctx) {
         for (const name of ['app.start', 'app.stop']) ctx.hook(name, ${note})
       } })`,
    )
    expect((await bench.command(['models'], { env: { AGENTPROXY_PLUGINS: file } })).code).toBe(0)
    expect(await readFile(heard, 'utf8')).toBe('app.start models\napp.stop models\n')
  })

  test('changes what it may: the prompt the agent gets', async () => {
    const { code, stdout } = await runWith(
      `ctx.hook('task.start', ({ prompt }) => ({ action: 'modify', patch: { prompt: prompt + ' Please.' } }))`,
    )
    expect(code).toBe(0)
    const started = jsonLines(stdout).find((line) => line['type'] === 'task.started')
    expect(started).toMatchObject({ contract: { objective: 'make the failing test pass Please.' } })
  })

  test('proves a task in code where there is no command, and decides it, by name', async () => {
    await bench.write('project/package.json', '{}')
    const setup = `
      ctx.check({
        name: 'whole-sum',
        description: 'sum.js begins with its first element',
        run: async ({ workingDir }) => {
          const { readFile } = await import('node:fs/promises')
          const good = (await readFile(workingDir + '/src/sum.js', 'utf8')).includes('index = 0')
          return good ? { verdict: 'pass', reason: 'it does' } : { verdict: 'fail', reason: 'it does not' }
        },
      })
      ctx.reasoner({
        name: 'trusting',
        description: 'Takes every turn for the last.',
        decide: () => ({ function: 'mark_done', arguments: {}, reason: 'it will do' }),
      })`
    const file = await bench.write(
      'plugins/judge.mjs',
      `export default { name: 'judge', version: '1.0.0', setup(ctx) { ${setup} } }`,
    )
    const args = ['make the failing test pass', '--agent', 'builtin', '--reasoner', 'trusting', '--json']
    const run = (model: string, ...more: readonly string[]) =>
      bench.command([...args, '--model', model, ...more], { env: { AGENTPROXY_PLUGINS: file } })
    const lines = jsonLines((await run('simulator/fix')).stdout)
    expect(lines.at(-1)).toMatchObject({
      outcome: 'done',
      checks: [{ check: 'plugin:whole-sum', verdict: 'pass', command: null }],
    })
    expect(lines.find((line) => line['type'] === 'decision.made')).toMatchObject({ reasoner: 'trusting' })
    const id = String(lines.at(-1)?.['sessionId'])
    const evidence = await bench.command(['evidence', id])
    expect(evidence.stdout).toContain('plugin:whole-sum  pass')
    expect(evidence.stdout).not.toContain('$ ')
    await bench.git('checkout', '--', 'src')
    const lied = await run('simulator/claims-done', '--max-turns', '2')
    expect(jsonLines(lied.stdout).at(-1)).toMatchObject({ outcome: 'capped' })
    expect(lied.code).toBe(12)
    const shown = await bench.command(['show', id, '--display', 'simple'])
    expect(shown.stdout).toContain('plugin:whole-sum (of plugin judge)')
  })

  test('of the folder the task works in is not loaded unasked', async () => {
    await bench.write('project/plugins/evil.mjs', `throw new Error('loaded unasked')`)
    await bench.write('project/.agentproxy/plugins/evil.mjs', `throw new Error('loaded unasked')`)
    const { code, stderr } = await bench.command(taskArgs('fix'))
    expect(code).toBe(0)
    expect(stderr).toBe('')
  })

  test('in a folder that was named is loaded from there', async () => {
    await bench.write(
      'my-plugins/guest.mjs',
      `import { block, definePlugin } from '@agentproxy/plugin'
       export default definePlugin({ name: 'guest', version: '1.0.0', setup(ctx) { ctx.hook('task.start', () => block('seen')) } })`,
    )
    const env = { AGENTPROXY_PLUGINS_DIR: `${bench.home}/my-plugins` }
    expect((await bench.command(taskArgs('fix'), { env })).code).toBe(18)
    const off = { ...env, AGENTPROXY_PLUGINS_ENABLED: '0' }
    expect((await bench.command(taskArgs('fix'), { env: off })).code).toBe(0)
    await bench.git('checkout', '--', '.')
    const disabled = { ...env, AGENTPROXY_DISABLED_PLUGINS: 'guest' }
    expect((await bench.command(taskArgs('fix'), { env: disabled })).code).toBe(0)
  })
})
