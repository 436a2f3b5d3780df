import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type AgentCli, claude, codex, findCommand, geminiCli, opencode } from './agent-clis.ts'
import type { Bench, Json } from './bench.ts'
import { createBench, jsonLines, processesWith } from './bench.ts'

// Every agent that ships, with its real command line, through `pa`: it repairs the sample, is kept from what the task
// protects, and goes on in the same conversation after it was interrupted. The model is the simulator.

const agents: readonly (readonly [name: string, cli: AgentCli])[] = [
  ['claude-code', claude],
  ['codex', codex],
  ['opencode', opencode('openai-chat')],
  ['gemini', geminiCli],
]

/** A scenario that reads the failing test, and then waits for its model for as long as it is let. */
const SLOW = `name: Slow
description: Looks at the test and thinks for ever; told more, says what it remembers.
captures:
  cwd: '^ *-? *Primary working directory: (.+?) *$'
  root: '^ *Workspace root folder: (.+?) *$'
steps:
  - when: { toolResults: 0, called: '^(read_file|Read|read|exec_command)$' }
    then:
      - text: '[simulated] I remember.'
  - when: { toolResults: 0 }
    then:
      - tool:
          - { name: read_file, input: { file_path: test/sum.test.js } }
          - { name: Read, input: { file_path: '\${captures.cwd}/test/sum.test.js' } }
          - { name: read, input: { filePath: '\${captures.root}/test/sum.test.js' } }
          - { name: exec_command, input: { cmd: cat test/sum.test.js } }
  - then:
      - delayMs: 60000
      - text: '[simulated] too late'
`

let bench: Bench
beforeAll(async () => {
  bench = await createBench()
  await bench.write('scenarios/slow.yaml', SLOW)
  const scenarios = JSON.stringify([`${bench.home}/scenarios`])
  await bench.write(
    'config/agentproxy/config.yaml',
    `plugins: { provider-simulator: { scenarios: ${scenarios} } }\n`,
  )
})
afterAll(() => bench?.dispose())

describe.each(agents)('--agent %s', (name, cli) => {
  const command = findCommand(cli)
  const why =
    command === null ? ` (skipped: ${cli.variable} is not set and ${cli.command} is not on the PATH)` : ''
  const env = { [cli.variable]: command ?? '' }
  const args = (model: string, ...more: readonly string[]) => [
    'make the failing test pass',
    '--agent',
    name,
    '--model',
    `simulator/${model}`,
    '--check',
    'npm test',
    '--json',
    ...more,
  ]

  test.skipIf(command === null)(`repairs the sample, and it is verified${why}`, async () => {
    await bench.git('checkout', '--quiet', '.')
    const { code, stdout } = await bench.command(args('fix'), { env })
    const lines = jsonLines(stdout)
    expect(lines.at(-1)).toMatchObject({ outcome: 'done', reason: 'verified', simulated: true })
    expect(code).toBe(0)
    const told = eventsOf(lines).map(({ type }) => type)
    expect(told).toEqual(
      expect.arrayContaining(['conversation', 'tool_call', 'tool_result', 'text', 'usage']),
    )
  })

  test.skipIf(command === null)(`may not change what the task protects${why}`, async () => {
    await bench.git('checkout', '--quiet', '.')
    const { code, stdout } = await bench.command(args('fix', '--protect', 'src', '--max-turns', '1'), { env })
    const lines = jsonLines(stdout)
    expect(lines.at(-1)).toMatchObject({ outcome: 'capped', reason: 'max_turns' })
    expect(code).toBe(12)
    const refused = lines.filter(
      ({ type, decision }) =>
        type === 'file.rolled-back' || (type === 'permission.decided' && decision === 'deny'),
    )
    expect(refused).not.toEqual([])
    expect(await bench.git('status', '--porcelain')).toBe('')
  })

  test.skipIf(command === null)(
    `is interrupted, leaves no process, and goes on when resumed${why}`,
    async () => {
      await bench.git('checkout', '--quiet', '.')
      const session = `slow-${name}`
      const running = bench.start(args('slow', '-s', session, '--max-turns', '2'), { env })
      await running.line((line) => line.includes('"tool_result"'))
      running.child.kill('SIGINT')
      const { code, stdout } = await running.done
      expect(code).toBe(130)
      const before = conversationOf(jsonLines(stdout))
      await expect
        .poll(() => processesWith(`${bench.home}/state/sessions/${session}`), { timeout: 10_000 })
        .toEqual([])

      const resumed = bench.start(['resume', session, '--json'], { env })
      if (name === 'gemini') {
        // It does not find a session again that it was interrupted in.
        await resumed.line((line) => line.includes('a new one was begun'))
        resumed.child.kill('SIGINT')
        await resumed.done
        return
      }
      await resumed.line((line) => line.includes('I remember'))
      const after = await resumed.done
      expect(after.stdout).not.toContain('a new one was begun')
      expect(conversationOf(jsonLines(after.stdout)) ?? before).toBe(before)
    },
  )
})

const eventsOf = (lines: readonly Json[]): readonly Json[] =>
  lines.filter(({ type }) => type === 'agent.event').map(({ event }) => event as Json)

function conversationOf(lines: readonly Json[]): unknown {
  return eventsOf(lines).find(({ type }) => type === 'conversation')?.['id'] ?? null
}
