import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  type ReasonerDecision,
  type ReasonerDefinition,
  type ReasonerInput,
  definePlugin,
} from '@agentproxy/plugin'
import { expect, test } from 'vitest'
import { hooking, project } from '../testing/hooking-plugin.ts'
import { fixture } from '../testing/task-fixture.ts'

/** Ends only well after the signal; a plugin with a call still running could not be unloaded at once. */
function untilAfter(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => setTimeout(() => reject(new Error('late')), 50))
  })
}

/** Runs a task under a plugin's reasoner; the agent mends the file in its second turn. */
async function run(decide: ReasonerDefinition['decide'], more: Partial<ReasonerDefinition> = {}) {
  const { folder, fix } = project()
  const prompts: string[] = []
  const thinking = definePlugin({
    name: 'thinking',
    version: '1.0.0',
    setup: (ctx) => void ctx.reasoner({ name: 'wise', description: 'Decides.', decide, ...more }),
  })
  const completed: string[] = []
  const listener = hooking('reasoning.complete', ({ reasoner }) => void completed.push(reasoner))
  const set = await fixture({
    folder,
    plugins: [thinking, listener],
    agent({ turn, prompt }) {
      prompts.push(prompt)
      if (turn === 2) fix()
      else writeFileSync(join(folder, `${turn}.txt`), 'work\n')
    },
  })
  const report = await set.run({ reasoner: 'wise' })
  const decisions = set.payloads('decision.made').map((event) => `${event.reasoner}: ${event.function}`)
  const notices = set.payloads('notice').map((event) => event.text)
  return { report, prompts, decisions, notices, completed, set }
}

const decision = (name: string, args: ReasonerDecision['arguments'] = {}): ReasonerDecision => ({
  function: name,
  arguments: args,
  reason: 'because',
})

test('a plugin’s reasoner sees the evidence and what it may decide, and decides', async () => {
  const inputs: ReasonerInput[] = []
  const { report, prompts, decisions, completed } = await run((input) => {
    inputs.push(input)
    return input.context.findings.length === 0
      ? decision('mark_done')
      : decision('send_to_claude', { instruction: 'Mend a.txt.' })
  })
  expect(report).toMatchObject({ outcome: 'done', turns: 2 })
  expect(decisions).toEqual(['wise: send_to_agent', 'wise: mark_done'])
  expect(completed).toEqual(['wise', 'wise'])
  expect(prompts[1]).toBe('Mend a.txt.')
  expect(inputs[0]).toMatchObject({
    taskId: report.sessionId,
    context: { turn: 1, filesChanged: ['1.txt'], checks: [{ verdict: 'fail' }] },
  })
  const parameters = { type: 'object', properties: { path: { type: 'string' } }, required: ['path'] }
  expect(inputs[0]?.functions.find((one) => one.name === 'read_file')).toMatchObject({ parameters })
  expect(inputs[0]?.functions.map((one) => one.name)).toContain('mark_done')
})

test('one that declares unproved work done is refused by the gate, however often it says so', async () => {
  const { report, decisions, set } = await run(() => decision('mark_done'))
  expect(decisions.slice(0, 3)).toEqual(['wise: mark_done', 'wise: mark_done', 'wise: mark_done'])
  const first = set.payloads('function.finished')[0]
  expect(first).toMatchObject({
    ok: false,
    result: expect.stringContaining('Refused, the task is not proved'),
  })
  // The rules sent the agent on once the reasoner had used up its chances; only then could done be true.
  expect(report).toMatchObject({ outcome: 'done', turns: 2 })
})

test.each<[string, ReasonerDefinition['decide'], string]>([
  ['throws', () => Promise.reject(new Error('out of thoughts')), 'out of thoughts'],
  ['hangs', ({ signal }) => untilAfter(signal), 'it did not end within 30 ms'],
  ['decides nothing', () => undefined as never, 'the answer is not a decision'],
  ['decides what there is not', () => decision('give_up'), 'There is no function give_up.'],
  ['gives no arguments', () => decision('send_to_agent'), 'Arguments of send_to_agent'],
])(
  'one that %s leaves it to the rules, each time with a notice, and is asked no fourth time',
  async (_, decide, problem) => {
    let asked = 0
    const count: ReasonerDefinition['decide'] = (input) => {
      asked++
      return decide(input)
    }
    const { report, decisions, notices } = await run(count, { timeoutMs: 30 })
    expect(report).toMatchObject({ outcome: 'done', turns: 2 })
    expect(asked).toBe(3)
    expect(decisions).toEqual(['rules: send_to_agent', 'rules: no_op', 'rules: mark_done'])
    expect(notices).toHaveLength(3)
    expect(notices[0]).toContain(`The reasoner wise gave no usable decision: ${problem}`)
    expect(notices[2]).toContain('The rules decide from here on.')
  },
)

test('a failure now and then does not take its office away', async () => {
  let asked = 0
  const { decisions } = await run(({ context }) => {
    asked++
    if (asked % 2 === 1) throw new Error('a slip')
    return context.findings.length === 0 ? decision('mark_done') : decision('no_op')
  })
  expect(decisions.at(-1)).toBe('wise: mark_done')
  expect(asked).toBeGreaterThanOrEqual(2)
})

test('a reasoner nobody provides is an error before anything starts, with those there are', async () => {
  const { folder, fix } = project()
  const set = await fixture({ folder, agent: fix })
  await expect(set.run({ reasoner: 'wise' })).rejects.toMatchObject({
    code: 'REASONER_UNKNOWN',
    message: 'There is no reasoner wise. Known reasoners: rules, llm.',
  })
  expect(set.events).toEqual([])
})
