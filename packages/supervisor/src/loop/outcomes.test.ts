import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { commandCheck } from '../gate/parse-checks.ts'
import { exitCodeFor } from '../session/task-report.ts'
import { fixture } from '../testing/task-fixture.ts'
import { tempFolder, tempRepository, userGit, writeFiles } from '../testing/temp-folder.ts'

const SUITE = `const { test } = require('node:test')
const assert = require('node:assert')
test('adds', () => assert.equal(require('./sum.js')(1, 2), 3))
test('adds nothing', () => assert.equal(require('./sum.js')(0, 0), 0))
`
const PROJECT = {
  'sum.js': 'module.exports = (a, b) => a - b\n',
  'sum.test.js': SUITE,
  'package.json': '{"scripts":{"test":"node --test"}}',
}
const FIXED = 'module.exports = (a, b) => a + b\n'
const npmTest = { checks: [commandCheck('node --test')] }

describe('an agent that fixes the code', () => {
  test('is done, verified, with the evidence on the tree, and the person’s repository is as before', async () => {
    const folder = tempRepository(PROJECT)
    writeFiles(folder, { 'notes.txt': 'my uncommitted work\n' })
    const before = [
      userGit(folder, 'rev-parse', 'HEAD'),
      readFileSync(join(folder, '.git/index')).toString('hex'),
    ]
    const set = await fixture({ folder, agent: () => writeFileSync(join(folder, 'sum.js'), FIXED) })
    const report = await set.run(npmTest)
    expect(report).toMatchObject({ outcome: 'done', reason: 'verified', turns: 1, findings: [] })
    expect(report.changes).toEqual([{ path: 'sum.js', operation: 'modify', linesAdded: 1, linesRemoved: 1 }])
    expect(exitCodeFor(report)).toBe(0)
    expect(await set.supervisor.diff(report.sessionId)).toContain('+module.exports = (a, b) => a + b')
    const evidence = await set.store.evidence.list(report.sessionId)
    expect(evidence.map(({ phase, verdict }) => `${phase} ${verdict}`)).toEqual([
      'baseline fail',
      'turn pass',
    ])
    const accepted = set.payloads('gate.evaluated').at(-1)
    expect(evidence.at(-1)?.treeHash).toBe(accepted?.tree)
    const output = set.payloads('check.finished').at(-1)?.result.outputFile
    expect(readFileSync(output ?? '', 'utf8')).toMatch(/^(#|ℹ) pass 2$/m)
    expect([
      userGit(folder, 'rev-parse', 'HEAD'),
      readFileSync(join(folder, '.git/index')).toString('hex'),
    ]).toEqual(before)
    expect(set.payloads('workspace.opened')).toMatchObject([{ git: true, dirty: true }])
    expect(await set.store.sessions.get(report.sessionId)).toMatchObject({ state: 'done', outcome: 'done' })
  })

  test('in a second turn continues the same conversation and was told what failed', async () => {
    const folder = tempFolder(PROJECT)
    const seen: { prompt: string; conversationId: string | null }[] = []
    const set = await fixture({
      folder,
      agent({ prompt, conversationId, turn }) {
        seen.push({ prompt, conversationId })
        writeFileSync(join(folder, 'sum.js'), turn === 1 ? 'module.exports = (a, b) => a * b\n' : FIXED)
      },
    })
    expect(await set.run({ ...npmTest, objective: 'Repair the sum.' })).toMatchObject({
      outcome: 'done',
      turns: 2,
    })
    expect(seen[0]?.prompt).toMatch(/^Repair the sum\.[^]*node --test[^]*Do not delete, skip or weaken tests/)
    expect(seen[1]?.prompt).toMatch(/not done yet[^]*node --test[^]*before the first turn either[^]*2 == 3/)
    expect(seen.map((turn) => turn.conversationId)).toEqual([null, 'conversation'])
    expect(existsSync(join(folder, '.git'))).toBe(false)
  })
})

describe('an agent that only says it is done', () => {
  test('and changes nothing is told so and ends stuck', async () => {
    const folder = tempFolder({ 'a.txt': 'fixed\n' })
    const prompts: string[] = []
    const set = await fixture({ folder, agent: ({ prompt }) => void prompts.push(prompt) })
    const report = await set.run({})
    expect(report).toMatchObject({ outcome: 'stuck', reason: 'no_progress', turns: 4 })
    expect(report.findings.map((finding) => finding.code)).toEqual(['no-change'])
    expect(prompts[1]).toContain('You changed nothing')
    expect(prompts[2]).toContain('another approach')
    expect(exitCodeFor(report)).toBe(11)
  })

  test('but deletes the failing test is not done', async () => {
    const folder = tempFolder(PROJECT)
    const set = await fixture({ folder, agent: () => rmSync(join(folder, 'sum.test.js'), { force: true }) })
    const report = await set.run({ ...npmTest, budgets: { maxTurns: 1, maxTimeMs: null } })
    expect(report).toMatchObject({ outcome: 'capped', reason: 'max_turns' })
    expect(report.findings.map((finding) => finding.code)).toEqual(['check-vacuous', 'tests-deleted'])
    expect(exitCodeFor(report)).toBe(12)
  })

  test('but skips the failing test is not done, and is once it puts the test back and fixes the code', async () => {
    const folder = tempFolder(PROJECT)
    const set = await fixture({
      folder,
      agent({ turn, prompt }) {
        if (turn === 1)
          return writeFiles(folder, { 'sum.test.js': SUITE.replace(`test('adds',`, `test.skip('adds',`) })
        expect(prompt).toContain('sum.test.js')
        writeFiles(folder, { 'sum.test.js': SUITE, 'sum.js': FIXED })
      },
    })
    expect(await set.run(npmTest)).toMatchObject({ outcome: 'done', turns: 2 })
    expect(set.payloads('gate.evaluated')[0]?.findings.map((finding) => finding.code)).toEqual([
      'tests-fewer',
      'tests-skipped',
      'tests-changed',
    ])
  })

  test('but makes the test command a no-op is not done', async () => {
    const folder = tempFolder(PROJECT)
    const agent = () => writeFiles(folder, { 'package.json': '{"scripts":{"test":"true"}}' })
    const set = await fixture({ folder, agent })
    const report = await set.run({
      checks: [commandCheck('npm test')],
      budgets: { maxTurns: 1, maxTimeMs: null },
    })
    expect(report.outcome).toBe('capped')
    expect(report.findings.map((finding) => finding.code)).toEqual(['test-command-changed'])
  })
})

describe('a task', () => {
  test('without a check is never done, and says what to do', async () => {
    const folder = tempFolder({ 'a.txt': '' })
    const set = await fixture({ folder, agent: () => writeFileSync(join(folder, 'a.txt'), 'fixed') })
    const report = await set.run({ checks: [] })
    expect(report).toMatchObject({
      outcome: 'failed',
      reason: 'no_checks',
      message: expect.stringContaining('--check'),
    })
    expect(exitCodeFor(report)).toBe(10)
  })

  test('whose check cannot be run gets the verdict error', async () => {
    const folder = tempFolder({ 'a.txt': '' })
    const set = await fixture({ folder, agent: () => writeFileSync(join(folder, 'a.txt'), 'fixed') })
    const report = await set.run({
      checks: [commandCheck('no-such-command-here')],
      budgets: { maxTurns: 1, maxTimeMs: null },
    })
    expect(report.findings.map((finding) => finding.code)).toEqual(['check-error'])
    expect(
      set.payloads('check.finished').map(({ result }) => `${result.verdict} ${result.exitCode}`),
    ).toEqual(['error 127', 'error 127'])
  })

  test('whose check writes files is judged on the files that check left', async () => {
    const folder = tempFolder({ 'a.txt': '' })
    const set = await fixture({ folder, agent: () => writeFileSync(join(folder, 'a.txt'), 'fixed') })
    const report = await set.run({ checks: [commandCheck('cp a.txt copy.txt && grep -q fixed a.txt')] })
    expect(report).toMatchObject({ outcome: 'done', turns: 1 })
    expect(set.payloads('gate.evaluated').map((gate) => gate.accepted)).toEqual([false, true])
  })

  test('whose check never leaves the files alone is not done', async () => {
    const folder = tempFolder({ 'a.txt': '' })
    const set = await fixture({ folder, agent: () => writeFileSync(join(folder, 'a.txt'), 'fixed') })
    const check = commandCheck('head -c 8 /dev/urandom | od > noise.txt; grep -q fixed a.txt')
    const report = await set.run({ checks: [check], budgets: { maxTurns: 1, maxTimeMs: null } })
    expect(report.outcome).toBe('capped')
    expect(report.findings.map((finding) => finding.code)).toEqual(['stale-evidence'])
  })

  test('that runs out of time is capped, agent and all', async () => {
    const folder = tempFolder({ 'a.txt': '' })
    const set = await fixture({
      folder,
      agent: (turn) => new Promise((resolve) => turn.signal.addEventListener('abort', () => resolve())),
    })
    const report = await set.run({ checks: [], budgets: { maxTurns: null, maxTimeMs: 2_500 } })
    expect(report).toMatchObject({ outcome: 'capped', reason: 'max_time', turns: 1 })
    expect(set.payloads('turn.finished')).toMatchObject([{ result: { error: { code: 'time' } } }])
    expect(exitCodeFor(report)).toBe(13)
  })

  test('of an unknown agent, in no folder or without a reasoner’s model does not start', async () => {
    const folder = tempFolder({})
    const set = await fixture({ folder, agent: () => {} })
    await expect(set.run({ agent: 'nobody' })).rejects.toMatchObject({
      code: 'AGENT_UNKNOWN',
      message: expect.stringContaining('scripted'),
    })
    await expect(set.run({ workingDir: '/no/such' })).rejects.toMatchObject({ code: 'WORKSPACE_MISSING' })
    await expect(set.run({ reasoner: 'llm' })).rejects.toMatchObject({ code: 'REASONER_MODEL_MISSING' })
    await expect(set.resume('nothing')).rejects.toMatchObject({ code: 'SESSION_UNKNOWN' })
    expect(await set.store.sessions.list({ limit: 5 })).toEqual([])
  })
})
