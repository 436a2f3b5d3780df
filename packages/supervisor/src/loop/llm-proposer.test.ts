import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { answering } from '../testing/answering-model.ts'
import { fixture } from '../testing/task-fixture.ts'
import { tempFolder, writeFiles } from '../testing/temp-folder.ts'

const decision = (name: string, args: object = {}) =>
  JSON.stringify({ function: name, arguments: args, reason: 'because' })

async function run(answers: readonly (string | number)[], turnsNeeded = 1) {
  const folder = tempFolder({ 'a.txt': '' })
  const prompts: string[] = []
  const { models, asked } = await answering(answers)
  const set = await fixture({
    folder,
    models,
    agent({ turn, prompt }) {
      prompts.push(prompt)
      if (turn >= turnsNeeded) writeFileSync(join(folder, 'a.txt'), 'fixed')
      else writeFiles(folder, { [`${turn}.txt`]: 'x' })
    },
  })
  const report = await set.run({ reasoner: 'llm', reasonerModel: 'wise', objective: 'Fix it.' })
  const decisions = set.payloads('decision.made').map((event) => `${event.reasoner}: ${event.function}`)
  return { report, prompts, asked, decisions, set }
}

test('the model sees the evidence and decides, through the gateway, as a reasoner', async () => {
  const { report, prompts, asked, decisions } = await run(
    [
      decision('read_file', { path: 'a.txt' }),
      decision('send_to_claude', { instruction: 'Write fixed into a.txt.' }),
      decision('mark_done'),
    ],
    2,
  )
  expect(report).toMatchObject({ outcome: 'done', turns: 2 })
  expect(decisions).toEqual(['llm: read_file', 'llm: send_to_agent', 'llm: mark_done'])
  expect(prompts[1]).toBe('Write fixed into a.txt.')
  expect(asked[0]).toMatchObject({
    path: '/v1/chat/completions',
    authorization: expect.stringMatching(/^Bearer reasoner token/),
    body: { model: 'wise' },
  })
  expect(asked[0]?.body.messages[0]?.content).toContain('mark_done')
  expect(JSON.parse(asked[1]?.body.messages[1]?.content ?? '')).toMatchObject({
    objective: 'Fix it.',
    checks: [{ verdict: 'fail' }],
    functionsSinceTheTurn: [{ function: 'read_file', ok: true }],
  })
})

test('the model can veto passing checks, and never make a failing one pass', async () => {
  const veto = await run([
    decision('send_to_agent', { instruction: 'Add the missing part.' }),
    decision('mark_done'),
  ])
  expect(veto.report).toMatchObject({ outcome: 'done', turns: 2 })
  const { report, decisions, set } = await run(
    [decision('mark_done'), decision('send_to_agent', { instruction: 'Go on.' }), decision('mark_done')],
    2,
  )
  expect(report).toMatchObject({ outcome: 'done', turns: 2 })
  expect(decisions).toEqual(['llm: mark_done', 'llm: send_to_agent', 'llm: mark_done'])
  expect(set.payloads('function.finished')[0]).toMatchObject({
    ok: false,
    result: expect.stringContaining('Refused'),
  })
})

test('a fenced answer counts; nonsense does not, and after three of it the rules take over', async () => {
  const fenced = await run([`\`\`\`json\n${decision('mark_done')}\n\`\`\``])
  expect(fenced.decisions).toEqual(['llm: mark_done'])
  const { report, decisions, asked, set } = await run([
    'I think it is done!',
    decision('no_such_function'),
    decision('read_file', { file: 1 }),
  ])
  expect(decisions).toEqual(['rules: no_op', 'rules: no_op', 'rules: mark_done'])
  expect(asked).toHaveLength(3)
  expect(report).toMatchObject({ outcome: 'done' })
  expect(set.payloads('notice').at(-1)?.text).toContain('The rules decide from here on.')
})

test('a model that is down is asked again and never taken for consent', async () => {
  const { decisions, asked, report } = await run([503, 429, decision('mark_done')])
  expect(decisions).toEqual(['llm: mark_done'])
  expect(asked).toHaveLength(3)
  expect(report.outcome).toBe('done')
  const down = await run([500], 2)
  expect(down.decisions).toEqual(['rules: send_to_agent', 'rules: no_op', 'rules: mark_done'])
  expect(down.report).toMatchObject({
    outcome: 'done',
    turns: 2,
    message: expect.stringContaining('Verified'),
  })
})
