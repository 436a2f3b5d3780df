import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type PluginCheck, type PluginDefinition, block, definePlugin, modify } from '@agentproxy/plugin'
import { expect, test } from 'vitest'
import { hooking, project } from '../testing/hooking-plugin.ts'
import { fixture } from '../testing/task-fixture.ts'

/** A plugin of these checks. */
function checking(...checks: readonly PluginCheck[]): PluginDefinition {
  return definePlugin({
    name: 'checking',
    version: '1.0.0',
    setup(ctx) {
      for (const check of checks) ctx.check(check)
    },
  })
}

/** Ends only well after the signal; a plugin with a call still running could not be unloaded at once. */
function untilAfter(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => setTimeout(() => reject(new Error('late')), 50))
  })
}

/** A check that looks for the word `fixed` in `a.txt`. */
function fixedCheck(folder: string, more: Partial<PluginCheck> = {}): PluginCheck {
  return {
    name: 'fixed',
    description: 'a.txt says fixed',
    run: () =>
      readFileSync(join(folder, 'a.txt'), 'utf8').includes('fixed')
        ? { verdict: 'pass', reason: 'it says so' }
        : { verdict: 'fail', reason: 'it does not say so', output: 'a.txt:1: broken' },
    ...more,
  }
}

test('a plugin’s check proves a task that has no command, with evidence on the tree', async () => {
  const { folder, fix } = project()
  const runs: unknown[] = []
  const prompts: string[] = []
  const check = fixedCheck(folder)
  const watched: PluginCheck = {
    ...check,
    run(run) {
      const { taskId: _id, signal, ...rest } = run
      expect(signal.aborted).toBe(false)
      runs.push(rest)
      return check.run(run)
    },
  }
  const set = await fixture({
    folder,
    plugins: [checking(watched)],
    agent({ turn, prompt }) {
      prompts.push(prompt)
      if (turn === 2) fix()
      else writeFileSync(join(folder, 'b.txt'), 'no help\n')
    },
  })
  const report = await set.run({ checks: [], checksFrom: 'none', objective: 'Fix it.' })
  expect(report).toMatchObject({ outcome: 'done', reason: 'verified', turns: 2 })
  const spec = {
    name: 'plugin:fixed',
    kind: 'plugin',
    plugin: 'checking',
    required: true,
    timeoutMs: 600_000,
  }
  expect(set.payloads('task.started')[0]?.contract.checks).toEqual([spec])
  const common = { prompt: 'Fix it.', workingDir: folder }
  expect(runs).toEqual([
    { ...common, baseline: true, filesChanged: [] },
    { ...common, baseline: false, filesChanged: ['b.txt'] },
    { ...common, baseline: false, filesChanged: ['a.txt', 'b.txt'] },
  ])
  expect(prompts[0]).toContain('- plugin:fixed\n')
  expect(prompts[1]).toContain('plugin:fixed: it failed (it does not say so).')
  expect(prompts[1]).toContain('a.txt:1: broken')
  const results = set.payloads('check.finished').map((event) => event.result)
  expect(results.map((result) => result.verdict)).toEqual(['fail', 'fail', 'pass'])
  expect(results[0]).toMatchObject({
    command: null,
    exitCode: null,
    tests: null,
    reason: 'it does not say so',
  })
  expect(readFileSync(results[0]?.outputFile ?? '', 'utf8')).toBe('a.txt:1: broken')
  const evidence = await set.store.evidence.list(report.sessionId)
  expect(evidence.at(-1)?.treeHash).toBe(set.payloads('gate.evaluated').at(-1)?.tree)
})

test.each<[string, string, Partial<PluginCheck>]>([
  ['vacuous', 'nothing to see', { run: () => ({ verdict: 'vacuous', reason: 'nothing to see' }) }],
  ['skipped', 'not today', { run: () => ({ verdict: 'skipped', reason: 'not today' }) }],
  ['error', 'the scanner is down', { run: () => Promise.reject(new Error('the scanner is down')) }],
  ['error', 'it gave no verdict', { run: () => ({ verdict: 'passed', reason: '' }) as never }],
  ['error', 'it gave no verdict', { run: () => undefined as never }],
  ['error', 'it did not end within 50 ms', { run: ({ signal }) => untilAfter(signal), timeoutMs: 50 }],
])('%s never proves: %s', async (verdict, reason, check) => {
  const { folder, fix } = project()
  const set = await fixture({ folder, agent: fix, plugins: [checking(fixedCheck(folder, check))] })
  const report = await set.run({ budgets: { maxTurns: 1, maxTimeMs: null } })
  expect(report).toMatchObject({ outcome: 'capped', reason: 'max_turns' })
  const last = set.payloads('check.finished').at(-1)?.result
  expect(last).toMatchObject({ check: 'plugin:fixed', verdict, reason: expect.stringContaining(reason) })
})

test('one that is not required is run and told, and stands in nobody’s way', async () => {
  const { folder, fix } = project()
  const check = fixedCheck(folder, { required: false, run: () => ({ verdict: 'fail', reason: 'ugly' }) })
  const set = await fixture({ folder, agent: fix, plugins: [checking(check)] })
  expect(await set.run({})).toMatchObject({ outcome: 'done' })
  expect(set.payloads('check.finished').at(-1)?.result).toMatchObject({ verdict: 'fail', required: false })
})

test('applies is asked once, with the task as the task.start hooks left it', async () => {
  const { folder, fix } = project()
  const asked: string[] = []
  const check = (name: string, applies: boolean): PluginCheck =>
    fixedCheck(folder, { name, applies: ({ prompt }) => (asked.push(`${name}: ${prompt}`), applies) })
  const set = await fixture({
    folder,
    agent: ({ turn }) => (turn === 2 ? fix() : writeFileSync(join(folder, 'b.txt'), '')),
    plugins: [
      checking(check('mine', true), check('foreign', false)),
      hooking('task.start', () => modify({ prompt: 'Really.' })),
    ],
  })
  expect(await set.run({})).toMatchObject({ outcome: 'done', turns: 2 })
  expect(asked).toEqual(['mine: Really.', 'foreign: Really.'])
  const names = set.payloads('task.started')[0]?.contract.checks.map((one) => one.name)
  expect(names).toEqual(['grep -q fixed a.txt', 'plugin:mine'])
})

test.each<[string, PluginCheck['applies']]>([
  ['throws', () => Promise.reject(new Error('no idea'))],
  ['says neither', () => undefined as never],
])('a check whose applies %s is taken to apply, with a notice', async (_, applies) => {
  const { folder, fix } = project()
  const check = fixedCheck(folder, applies === undefined ? {} : { applies })
  const set = await fixture({ folder, agent: fix, plugins: [checking(check)] })
  expect(await set.run({})).toMatchObject({ outcome: 'done' })
  expect(set.payloads('task.started')[0]?.contract.checks).toHaveLength(2)
  expect(set.payloads('notice')[0]?.text).toMatch(
    /^Whether the check fixed of plugin checking applies is not/,
  )
})

test('a task with no check, for which no plugin has one, ends before the agent starts', async () => {
  const { folder, fix } = project()
  const set = await fixture({
    folder,
    agent: fix,
    plugins: [checking(fixedCheck(folder, { applies: () => false }))],
  })
  const report = await set.run({ checks: [], checksFrom: 'none' })
  expect(report).toMatchObject({ outcome: 'failed', reason: 'no_checks', turns: 0 })
})

test('a command that takes the name of a plugin’s check ends the task: one would pass for the other', async () => {
  const { folder, fix } = project()
  const set = await fixture({ folder, agent: fix, plugins: [checking(fixedCheck(folder))] })
  const usurper = {
    kind: 'command',
    name: 'plugin:fixed',
    command: 'true',
    required: true,
    timeoutMs: 5000,
  } as const
  const report = await set.run({ checks: [usurper] })
  expect(report).toMatchObject({ outcome: 'failed', reason: 'checks_invalid', turns: 0 })
})

test('a check that changes the files it has to prove is run again on what it left', async () => {
  const { folder, fix } = project()
  let left = 1
  const check = fixedCheck(folder, {
    run({ baseline }) {
      if (!baseline && left-- > 0) writeFileSync(join(folder, 'report.txt'), 'scanned\n')
      return { verdict: 'pass', reason: 'scanned' }
    },
  })
  const set = await fixture({ folder, agent: fix, plugins: [checking(check)] })
  expect(await set.run({})).toMatchObject({ outcome: 'done', turns: 1 })
  const gates = set.payloads('gate.evaluated')
  expect(gates.map((gate) => gate.accepted)).toEqual([false, true])
  expect(gates[0]?.findings).toContainEqual(expect.objectContaining({ code: 'stale-evidence' }))
})

test('check.before and check.after stand around a plugin’s check: a block skips it, a limit counts, a command is an error', async () => {
  const { folder, fix } = project()
  const heard: unknown[] = []
  let times = 0
  const before = hooking('check.before', ({ check, command }) => {
    if (check !== 'plugin:fixed') return undefined
    heard.push(command)
    times++
    if (times === 1) return block('no baseline')
    return times === 2 ? modify({ command: 'true' }) : modify({ timeoutMs: 40 })
  })
  const after = definePlugin({
    name: 'after',
    version: '1.0.0',
    setup: (ctx) => void ctx.hook('check.after', ({ result }) => void heard.push(result.verdict)),
  })
  const hanging = fixedCheck(folder, { run: ({ signal }) => untilAfter(signal) })
  const set = await fixture({
    folder,
    agent: ({ turn }) => (turn === 1 ? fix() : writeFileSync(join(folder, 'b.txt'), '')),
    plugins: [before, after, checking(hanging)],
  })
  await set.run({ checks: [], checksFrom: 'none', budgets: { maxTurns: 2, maxTimeMs: null } })
  expect(heard).toEqual([null, 'skipped', null, 'error', null, 'error'])
  const results = set.payloads('check.finished').map((event) => event.result.reason)
  expect(results).toEqual([
    'blocked by plugin hooking: no baseline',
    'a plugin listening to check.before gave it a command, which a plugin check has not',
    'it did not end within 40 ms',
  ])
})

test('a task resumed without the plugin is not proved by anybody else’s check of that name', async () => {
  const { folder, fix } = project()
  const stop = new AbortController()
  const first = await fixture({
    folder,
    agent: () => stop.abort(),
    plugins: [checking(fixedCheck(folder))],
  })
  const budgets = { maxTurns: 1, maxTimeMs: null }
  const { sessionId } = await first.run({ budgets }, { signal: stop.signal })
  const other = definePlugin({
    name: 'other',
    version: '1.0.0',
    setup: (ctx) => void ctx.check(fixedCheck(folder, { run: () => ({ verdict: 'pass', reason: 'sure' }) })),
  })
  const { store, stateDir } = first
  const second = await fixture({ folder, agent: fix, store, stateDir, plugins: [other] })
  expect(await second.resume(sessionId)).toMatchObject({ outcome: 'capped' })
  expect(second.payloads('check.finished').at(-1)?.result).toMatchObject({
    check: 'plugin:fixed',
    verdict: 'error',
    reason: 'plugin checking no longer provides it',
  })
})

test('an interrupt ends a check that waits, and what it would have said counts for nothing', async () => {
  const { folder, fix } = project()
  const stop = new AbortController()
  const aborted: boolean[] = []
  const check = fixedCheck(folder, {
    run: ({ baseline, signal }) =>
      baseline
        ? { verdict: 'fail', reason: 'not yet' }
        : new Promise((resolve) => {
            signal.addEventListener('abort', () => {
              aborted.push(true)
              resolve({ verdict: 'pass', reason: 'quickly' })
            })
            stop.abort()
          }),
  })
  const set = await fixture({ folder, agent: fix, plugins: [checking(check)] })
  const report = await set.run({}, { signal: stop.signal })
  expect(report).toMatchObject({ outcome: 'cancelled', reason: 'interrupted' })
  expect(aborted).toEqual([true])
  const turnResults = set.payloads('check.finished').filter((event) => event.phase === 'turn')
  expect(turnResults.map((event) => event.result.check)).toEqual(['grep -q fixed a.txt'])
})
