import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { type CheckSpec, type FunctionArguments, definePlugin } from '@agentproxy/plugin'
import { expect, onTestFinished, test } from 'vitest'
import { commandCheck, parseChecks } from '../gate/parse-checks.ts'
import { answering } from '../testing/answering-model.ts'
import { fixture } from '../testing/task-fixture.ts'
import { tempFolder } from '../testing/temp-folder.ts'

interface Call {
  readonly function: string
  readonly arguments?: FunctionArguments
}

const FIXED = commandCheck('grep -q fixed a.txt')

const asking = (address: string): Call => ({ function: 'check_server', arguments: { url: address } })
const parsing = (...paths: string[]): Call => ({ function: 'verify_code', arguments: { paths } })
const finding = (text: string, path?: string): Call => ({ function: 'search', arguments: { text, path } })

/** A reasoner that takes these decisions one after the other, then marks the task done. */
function deciding(calls: readonly Call[]) {
  let at = 0
  return definePlugin({
    name: 'deciding',
    version: '1.0.0',
    setup(ctx) {
      ctx.reasoner({
        name: 'script',
        description: 'It follows a script.',
        decide: () => ({ arguments: {}, reason: 'because', ...(calls[at++] ?? { function: 'mark_done' }) }),
      })
    },
  })
}

interface Played {
  readonly calls: readonly Call[]
  readonly files?: Readonly<Record<string, string>>
  readonly answers?: readonly string[]
  readonly checks?: readonly CheckSpec[]
  readonly turns?: number
  readonly reviews?: boolean
}

async function play({ calls, files = {}, answers, checks = [FIXED], turns = 1, reviews = true }: Played) {
  const folder = tempFolder({ 'a.txt': 'broken\n', ...files })
  const prompts: string[] = []
  const model = answers === undefined ? null : await answering(answers)
  const set = await fixture({
    folder,
    agent({ prompt, turn }) {
      prompts.push(prompt)
      writeFileSync(join(folder, 'a.txt'), `fixed ${turn}\n`)
    },
    plugins: [deciding(calls)],
    ...(model !== null && { models: model.models }),
  })
  const budgets = { maxTurns: turns, maxTimeMs: 60_000 }
  const report = await set.run({ reasoner: 'script', reasonerModel: 'wise', checks, budgets, reviews })
  const results = set
    .payloads('function.finished')
    .map(({ function: name, ok, result }) => ({ name, ok, result }))
  return { report, results, prompts, set, asked: model?.asked ?? [] }
}

test('sub-tasks are kept in the log, and the task is not done while one is open', async () => {
  const { report, results, set } = await play({
    calls: [
      { function: 'create_task', arguments: { title: 'Handle negative numbers' } },
      { function: 'create_task', arguments: { title: 'Write the docs', note: 'short' } },
      { function: 'update_task', arguments: { id: 's1', status: 'in_progress' } },
      { function: 'mark_done' },
      { function: 'complete_task', arguments: { id: 's1' } },
      { function: 'complete_task', arguments: { id: 's7' } },
      { function: 'complete_task', arguments: { id: 's2', status: 'cancelled', note: 'not needed' } },
    ],
  })
  expect(results.map(({ name, ok }) => `${name} ${ok}`)).toEqual([
    'create_task true',
    'create_task true',
    'update_task true',
    'mark_done false',
    'complete_task true',
    'complete_task false',
    'complete_task true',
    'mark_done true',
  ])
  expect(results[3]?.result).toContain('Sub-task s1 is in_progress: Handle negative numbers')
  expect(results[5]?.result).toBe('There is no sub-task s7. Open: s2.')
  expect(report.outcome).toBe('done')
  const changed = set.payloads('subtask.changed').map(({ subtask }) => `${subtask.id} ${subtask.status}`)
  expect(changed).toEqual(['s1 open', 's2 open', 's1 in_progress', 's1 completed', 's2 cancelled'])
})

test('an open sub-task is a finding of a task that ends without it', async () => {
  const open = { function: 'create_task', arguments: { title: 'More' } }
  const { report } = await play({
    calls: [open, ...Array.from({ length: 12 }, () => ({ function: 'no_op' }))],
  })
  expect(report).toMatchObject({ outcome: 'capped', findings: [{ code: 'subtask-open', blocking: true }] })
})

test('checks run again by name, by kind, or all', async () => {
  const checks = parseChecks(
    [
      { name: 'one', command: 'grep -q fixed a.txt' },
      { name: 'two', kind: 'file', path: 'a.txt' },
    ],
    'a test',
  )
  const { report, results, set } = await play({
    checks,
    calls: [
      { function: 'run_check', arguments: { check: 'two' } },
      { function: 'run_tests' },
      { function: 'run_check' },
      { function: 'run_check', arguments: { check: 'three' } },
      { function: 'verify_product' },
    ],
  })
  const ran = set.payloads('check.finished').map(({ result }) => result.check)
  expect(ran).toEqual(['one', 'two', 'one', 'two', 'two', 'one', 'one', 'two'])
  expect(results.slice(3, 5)).toEqual([
    { name: 'run_check', ok: false, result: 'No check three to run. There are: one, two.' },
    { name: 'verify_product', ok: false, result: 'No check to run. The task has none of that kind.' },
  ])
  expect(report.outcome).toBe('done')
})

test('verify_product runs the http checks of the task once more', async () => {
  const { url } = await server(() => 200)
  const checks = [FIXED, ...parseChecks([{ name: 'alive', kind: 'http', url }], 'a test')]
  const { set } = await play({ checks, calls: [{ function: 'verify_product' }] })
  const ran = set.payloads('check.finished').map(({ result }) => `${result.check} ${result.verdict}`)
  expect(ran.slice(2)).toEqual([`${FIXED.name} pass`, 'alive pass', 'alive pass'])
})

async function server(status: () => number): Promise<{ url: string }> {
  const listening = createServer((_request, response) => response.writeHead(status()).end('hello'))
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void listening.close())
  return { url: `http://127.0.0.1:${(listening.address() as AddressInfo).port}/` }
}

test('a server of this machine is asked, and none elsewhere; 5xx is not well', async () => {
  let status = 200
  const { url } = await server(() => status)
  const calls = [asking(url), asking('http://example.com/'), asking('http://127.0.0.1:9/')]
  const { results } = await play({ calls })
  expect(results.slice(0, 3)).toEqual([
    { name: 'check_server', ok: true, result: `${url} answered 200\nhello` },
    { name: 'check_server', ok: false, result: 'example.com is not on this machine.' },
    { name: 'check_server', ok: false, result: expect.stringContaining('gave no answer') },
  ])
  status = 503
  expect((await play({ calls: [asking(url)] })).results[0]).toMatchObject({ ok: false })
})

test('code is parsed without being run, and what nothing can parse is not verified', async () => {
  const files = {
    'good.js': 'throw new Error("not run")\n',
    'bad.js': 'const = 1\n',
    'bad.json': '{',
    'x; touch ran.sh': 'echo $(\n',
    'x.cobol': 'MOVE',
  }
  const { results, set } = await play({
    files,
    calls: [
      parsing('good.js'),
      parsing('good.js', 'bad.js'),
      parsing('bad.json'),
      parsing('x; touch ran.sh'),
      parsing('x.cobol'),
      parsing('../x.js'),
    ],
  })
  expect(results.map(({ ok }) => ok)).toEqual([true, false, false, false, false, false, true])
  expect(results[0]?.result).toBe('good.js: parses')
  expect(results[1]?.result).toContain('SyntaxError')
  expect(results[4]?.result).toContain('not checked')
  // Each process can be found and ended after a crash.
  expect(set.payloads('process.starting').filter(({ what }) => what.startsWith('parse'))).toHaveLength(5)
})

test('files are searched as they are, ignored ones and those outside left out', async () => {
  const { results } = await play({
    files: { 'src/a.js': 'let needle = 1\n', '.gitignore': 'out\n', out: 'needle\n', 'b.txt': 'a needle\n' },
    calls: [finding('needle'), finding('needle', 'src'), finding('nowhere'), finding('root', '/etc/passwd')],
  })
  expect(results.slice(0, 4)).toEqual([
    { name: 'search', ok: true, result: 'b.txt:1:a needle\nsrc/a.js:1:let needle = 1' },
    { name: 'search', ok: true, result: 'src/a.js:1:let needle = 1' },
    { name: 'search', ok: true, result: 'Nothing was found.' },
    { name: 'search', ok: false, result: '/etc/passwd cannot be searched.' },
  ])
})

test('a note is saved with the files as they are', async () => {
  const { results, set } = await play({
    calls: [{ function: 'save_session', arguments: { note: 'Half way.' } }],
  })
  const [note] = set.payloads('note.saved')
  expect(note).toMatchObject({ turn: 1, note: 'Half way.', tree: expect.stringMatching(/^[0-9a-f]{40}/) })
  expect(results[0]?.result).toContain(note?.tree.slice(0, 12))
})

const issue = (severity: string) => ({
  severity,
  file: 'a.txt',
  problem: 'It is not capitalised.',
  suggestion: 'Fix it.',
})

test('what a review finds blocking stands in the way, goes to the agent, and is over with other files', async () => {
  const { report, results, prompts, asked } = await play({
    answers: [JSON.stringify({ issues: [issue('blocking')] })],
    turns: 2,
    calls: [
      { function: 'review_changes', arguments: { focus: 'capitals' } },
      { function: 'mark_done' },
      { function: 'send_to_agent', arguments: { instruction: 'Look at the review.' } },
    ],
  })
  expect(asked[0]?.body.messages[1]?.content).toContain('"focus": "capitals"')
  expect(results.slice(0, 2)).toEqual([
    { name: 'review_changes', ok: true, result: 'blocking: a.txt: It is not capitalised. Fix it.' },
    {
      name: 'mark_done',
      ok: false,
      result: expect.stringContaining('A review found: It is not capitalised.'),
    },
  ])
  expect(prompts[1]).toContain('Look at the review.')
  expect(prompts[1]).toContain('A review found: a.txt: It is not capitalised. Fix it.')
  expect(report).toMatchObject({ outcome: 'done', turns: 2 })
})

test('a note of a review blocks nothing; nonsense is no review; and reviews can be switched off', async () => {
  const call = { function: 'review_changes' }
  const noted = await play({ answers: [JSON.stringify({ issues: [issue('note')] })], calls: [call] })
  expect(noted.report.outcome).toBe('done')
  const nonsense = await play({ answers: ['{"issues": [{"severity": "bad"}]}'], calls: [call] })
  expect(nonsense.results[0]).toMatchObject({
    ok: false,
    result: expect.stringContaining('not as asked for'),
  })
  const off = await play({ answers: ['{}'], calls: [call], reviews: false })
  expect(off.results[0]).toMatchObject({ ok: false, result: expect.stringContaining('switched off') })
  expect(off.asked).toEqual([])
})
