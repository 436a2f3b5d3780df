import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type CheckSpec, definePlugin } from '@agentproxy/plugin'
import { expect, test } from 'vitest'
import { parseChecks } from '../gate/parse-checks.ts'
import { exitCodeFor } from '../session/task-report.ts'
import { answering } from '../testing/answering-model.ts'
import { type FixtureOptions, fixture } from '../testing/task-fixture.ts'
import { tempFolder, writeFiles } from '../testing/temp-folder.ts'

const FIXED = 'grep -q fixed a.txt'

interface Played extends Partial<FixtureOptions> {
  readonly checks: readonly unknown[]
  readonly change?: Readonly<Record<string, string>>
  readonly turns?: number
}

async function play({ checks, change = { 'a.txt': 'fixed\n' }, turns = 1, ...more }: Played) {
  const folder = tempFolder({ 'a.txt': 'broken\n' })
  const set = await fixture({ folder, agent: () => writeFiles(folder, change), ...more })
  const specs: readonly CheckSpec[] = parseChecks(checks, 'a test')
  const budgets = { maxTurns: turns, maxTimeMs: 60_000 }
  const report = await set.run({ checks: specs, reasonerModel: 'wise', budgets })
  const results = set.payloads('check.finished').map(({ phase, result }) => ({ phase, ...result }))
  return { report, results, set, folder }
}

const verdicts = (results: readonly { readonly check: string; readonly verdict: string }[]) =>
  results.map(({ check, verdict }) => `${check}: ${verdict}`)

const judgement = (met: boolean, evidence: string, file: string | null = 'a.txt') =>
  JSON.stringify({ requirements: [{ number: 1, met, evidence, file }] })

test('rules for the diff decide about what the task changed, and wait until there is something', async () => {
  const rule = { name: 'small', kind: 'diff-rule', only: ['a.txt'] }
  const { report, results } = await play({ checks: [FIXED, rule] })
  expect(report).toMatchObject({ outcome: 'done' })
  expect(verdicts(results)).toEqual([`${FIXED}: fail`, 'small: skipped', `${FIXED}: pass`, 'small: pass'])
  const wide = await play({ checks: [FIXED, rule], change: { 'a.txt': 'fixed', 'b.txt': 'x' } })
  expect(wide.report).toMatchObject({
    outcome: 'capped',
    message: expect.stringContaining('b.txt was changed'),
  })
})

test('a judge that quotes what really stands there passes; its words are kept as evidence', async () => {
  const { models, asked } = await answering([judgement(true, 'fixed')])
  const judge = { name: 'judge', kind: 'judge', requirements: ['a.txt says fixed.'] }
  const { report, results, set } = await play({ checks: [judge, FIXED], models })
  expect(report.outcome).toBe('done')
  // It is asked after the commands, whatever the order in the file.
  expect(verdicts(results.slice(2))).toEqual([`${FIXED}: pass`, 'judge: pass'])
  expect(results.at(-1)?.requirements).toEqual([
    { requirement: 'a.txt says fixed.', met: true, evidence: 'fixed', file: 'a.txt' },
  ])
  expect(asked).toHaveLength(1)
  expect(asked[0]?.body.messages[1]?.content).toContain('+fixed')
  const kept = await set.store.evidence.list(report.sessionId)
  expect(kept.at(-1)?.body).toMatchObject({ check: 'judge', requirements: [{ met: true }] })
})

test('a judge vetoes what the commands let pass, and says why to the agent', async () => {
  const { models } = await answering([judgement(false, 'The title is missing.', null)])
  const { report } = await play({ checks: [FIXED, { kind: 'judge' }], models })
  expect(report).toMatchObject({
    outcome: 'capped',
    message: expect.stringContaining('The title is missing.'),
  })
})

test('a judge that lies is found out: what it quotes does not stand there, so it proves nothing', async () => {
  const { models, asked } = await answering([
    judgement(true, 'function total() {}'),
    judgement(true, 'fixed', 'made-up.txt'),
  ])
  const { report, results } = await play({ checks: [FIXED, { name: 'judge', kind: 'judge' }], models })
  expect(report.outcome).toBe('capped')
  expect(results.at(-1)).toMatchObject({ verdict: 'error', reason: expect.stringContaining('made-up.txt') })
  expect(asked[1]?.body.messages[2]?.content).toContain('does not stand in it')
})

test.each([
  ['no JSON', 'I am sure it is fine!'],
  ['no evidence', JSON.stringify({ requirements: [{ number: 1, met: true, evidence: '' }] })],
  [
    'another requirement',
    JSON.stringify({ requirements: [{ number: 2, met: true, evidence: 'fixed', file: 'a.txt' }] }),
  ],
  ['none at all', JSON.stringify({ requirements: [] })],
])('a judge whose answer is %s gives no verdict', async (_name, answer) => {
  const { models } = await answering([answer])
  const { report, results } = await play({ checks: [FIXED, { name: 'judge', kind: 'judge' }], models })
  expect(report.outcome).toBe('capped')
  expect(results.at(-1)).toMatchObject({ check: 'judge', verdict: 'error' })
})

test('a judge is not even asked while a command fails, so it cannot overrule one', async () => {
  const { models, asked } = await answering([judgement(true, 'no', 'a.txt')])
  const checks = [{ name: 'judge', kind: 'judge' }, FIXED]
  const { report, results } = await play({ checks, models, change: { 'a.txt': 'no\n' } })
  expect(report.outcome).toBe('capped')
  expect(verdicts(results.slice(2))).toEqual([`${FIXED}: fail`, 'judge: skipped'])
  expect(asked).toEqual([])
})

test('a person is asked once there is a result, and only a yes passes', async () => {
  const asked: string[] = []
  const check = { name: 'eyes', kind: 'human', question: 'Does it look right?' }
  const answer = (said: string | null) =>
    play({
      checks: [FIXED, check],
      askPerson: (question) => {
        asked.push(question)
        return Promise.resolve(said)
      },
    })
  const last = async (said: string | null) => {
    const { report, results } = await answer(said)
    return [report.outcome, results.at(-1)?.verdict]
  }
  expect(await last('y')).toEqual(['done', 'pass'])
  expect(asked).toEqual(['Does it look right? [y/N] '])
  expect(await last('no, the title is cut')).toEqual(['capped', 'fail'])
  expect(await last('')).toEqual(['capped', 'skipped'])
  expect(await last(null)).toEqual(['capped', 'skipped'])
  const alone = await play({ checks: [FIXED, check] })
  expect([alone.report.outcome, alone.results.at(-1)?.reason]).toEqual([
    'capped',
    'nobody is there to answer',
  ])
})

// Each waits for the other: one after the other they would never end.
const meet = (own: string, other: string) =>
  `test -f go || exit 1; mkdir -p .git/m; touch .git/m/${own}; while [ ! -e .git/m/${other} ]; do sleep 0.05; done`

test('checks that may run beside each other do', async () => {
  const checks = [
    { name: 'one', command: meet('one', 'two'), parallel: true, timeoutMs: 20_000 },
    { name: 'two', command: meet('two', 'one'), parallel: true, timeoutMs: 20_000 },
  ]
  const { report } = await play({ checks, change: { go: '' } })
  expect(report).toMatchObject({ outcome: 'done' })
})

const FLAKY = (dir: string) => `test -f go || exit 1; test -e ${dir}/ran && exit 0; touch ${dir}/ran; exit 1`

test('a check that fails and then passes on the same files is flaky: it is told, and no proof unless the file says so', async () => {
  const flaky = { name: 'flaky', command: FLAKY(tempFolder()), reruns: 2 }
  const { report, results } = await play({ checks: [flaky], change: { go: '' } })
  expect(results.at(-1)).toMatchObject({ verdict: 'pass', runs: ['fail', 'pass'], flaky: true })
  expect(report).toMatchObject({ outcome: 'capped', findings: [{ code: 'check-flaky', blocking: true }] })
  const told = await play({
    checks: [{ ...flaky, command: FLAKY(tempFolder()), flaky: 'tell' }],
    change: { go: '' },
  })
  expect(told.report).toMatchObject({ outcome: 'done', findings: [{ code: 'check-flaky', blocking: false }] })
  const broken = await play({ checks: [{ name: 'x', command: 'exit 1', reruns: 2 }], change: { go: '' } })
  expect(broken.results.at(-1)).toMatchObject({ verdict: 'fail', runs: ['fail', 'fail', 'fail'] })
})

test('asking again until it passes is found out too', async () => {
  const again = JSON.stringify({ function: 'run_check', arguments: {}, reason: 'once more' })
  const done = JSON.stringify({ function: 'mark_done', arguments: {}, reason: 'it passed' })
  const { models } = await answering([again, done])
  const folder = tempFolder({ 'a.txt': '' })
  const set = await fixture({ folder, models, agent: () => writeFileSync(join(folder, 'go'), '') })
  const checks = parseChecks([{ name: 'flaky', command: FLAKY(tempFolder()) }], 'a test')
  const report = await set.run({ checks, reasoner: 'llm', reasonerModel: 'wise' })
  const gates = set.payloads('gate.evaluated').map(({ findings }) => findings.map(({ code }) => code))
  expect(gates.slice(0, 2)).toEqual([['check-failed'], ['check-flaky']])
  expect(report.outcome).toBe('stuck')
})

test('a failure that was there before is told and left alone where the file says so', async () => {
  const old = { name: 'old', command: 'exit 1', knownFailing: 'tell' }
  const { report } = await play({ checks: [FIXED, old] })
  expect(report).toMatchObject({
    outcome: 'done',
    findings: [{ code: 'check-known-failing', blocking: false }],
  })
  const alone = await play({ checks: [old] })
  expect(alone.report).toMatchObject({ outcome: 'failed', reason: 'no_checks' })
  const worse = { name: 'worse', command: 'grep -q broken a.txt', knownFailing: 'tell' }
  expect((await play({ checks: [FIXED, worse] })).report).toMatchObject({ outcome: 'capped' })
})

test('a task that is to be checked by nothing ends unverified, whatever plugins would check', async () => {
  const folder = tempFolder({ 'a.txt': '' })
  const checking = definePlugin({
    name: 'checking',
    version: '1.0.0',
    setup(ctx) {
      ctx.check({
        name: 'strict',
        description: 'It is strict.',
        applies: () => true,
        run: () => ({ verdict: 'pass', reason: 'fine' }),
      })
    },
  })
  const set = await fixture({
    folder,
    agent: () => writeFileSync(join(folder, 'a.txt'), 'x'),
    plugins: [checking],
  })
  const report = await set.run({ checks: [], checksFrom: 'none', verifies: false })
  expect(report).toMatchObject({ outcome: 'unverified', reason: 'not_verified', turns: 1 })
  expect(exitCodeFor(report)).toBe(20)
  expect(set.payloads('check.finished')).toEqual([])
})

test('without quality assurance by models the judge is left out and told, and commands still decide', async () => {
  const folder = tempFolder({ 'a.txt': '' })
  let count = 0
  const set = await fixture({ folder, agent: () => writeFileSync(join(folder, 'a.txt'), `fixed ${count++}`) })
  const checks = parseChecks([FIXED, { name: 'wise', kind: 'judge' }], 'a test')
  const report = await set.run({ checks, reviews: false })
  expect(report.outcome).toBe('done')
  expect(set.payloads('notice')[0]?.text).toBe('Left out, as was asked: wise.')
  const alone = await set.run({ checks: checks.slice(1), checksFrom: 'file', reviews: false })
  expect(alone).toMatchObject({ outcome: 'failed', reason: 'no_checks' })
})
