import { Command } from 'commander'
import { describe, expect, test } from 'vitest'
import { collect } from '../display/recorded-task.test-support.ts'
import { CliError } from '../errors.ts'
import { addDisplayOptions, addRunOptions } from './options.ts'
import { createProgram } from './program.ts'

async function call(bin: 'agentproxy' | 'pa', ...argv: string[]) {
  const out = collect()
  const err = collect()
  const program = createProgram({
    bin,
    terminal: { out, err },
    env: {},
    cwd: '/nowhere',
    crashed: new AbortController().signal,
  })
  const code = await program.run(argv).catch((error: unknown) => {
    if (!CliError.is(error)) throw error
    err.write(`${error.message}\n${error.hint ?? ''}\n`)
    return error.exitCode
  })
  return { code, out: out.text(), err: err.text() }
}

function runFlags(...argv: string[]): Record<string, unknown> {
  const command = addDisplayOptions(addRunOptions(new Command('run').argument('[task...]')))
  return command
    .exitOverride()
    .configureOutput({ writeErr: () => {} })
    .parse(argv, { from: 'user' })
    .opts()
}

describe('the flags of a task', () => {
  test('have these defaults', () => {
    expect(runFlags('x')).toEqual({
      check: [],
      protect: [],
      screenshot: [],
      verify: true,
      qa: true,
      wait: true,
      maxTurns: 10,
      maxTime: 1_800_000,
      idleTime: 600_000,
    })
  })

  test('are read as written, checks in their order', () => {
    const argv = ['-d', 'there', '--check', 'a', '--check', 'b "c"', '--max-turns', '3', '--max-time', '90s']
    expect(
      runFlags(
        ...argv,
        '--protect',
        '.env',
        '--reasoner',
        'llm',
        '--allow-no-change',
        '--display',
        'quiet',
        'x',
      ),
    ).toEqual({
      workingDir: 'there',
      check: ['a', 'b "c"'],
      protect: ['.env'],
      screenshot: [],
      verify: true,
      qa: true,
      wait: true,
      maxTurns: 3,
      maxTime: 90_000,
      idleTime: 600_000,
      reasoner: 'llm',
      allowNoChange: true,
      display: 'quiet',
    })
  })

  test.each([
    [['--max-turns', '0'], 'whole number'],
    [['--max-turns', '3x'], 'whole number'],
    [['--max-time', '30'], 'with its unit'],
    [['--idle-time', 'soon'], 'with its unit'],
    [['--check', ' '], 'It is empty'],
    [['--session', '../../elsewhere'], 'Expected letters'],
    [['--display', 'fancy'], 'Allowed choices are rich, simple, json, quiet'],
  ])('%j is refused with the reason', (argv, reason) => {
    expect(() => runFlags(...argv)).toThrow(reason)
  })
})

describe('wrong usage', () => {
  test.each([
    [['pa', 'do it', '--agnt', 'x'], 'Did you mean --agent?'],
    [['pa', 'lst'], 'did you mean "list"'],
    [['pa', 'resume'], "missing required argument 'session'"],
    [['pa', 'list', 'extra'], 'too many arguments'],
    [['pa', 'run'], 'no task was given'],
    [['agentproxy', 'serve', '--port', '70000'], 'Expected a port'],
    [['pa', 'x y', '--json', '--display', 'rich'], 'contradict'],
    [['pa', 'x y', '-d', '/nowhere/at/all'], '/nowhere/at/all does not exist'],
  ] as const)('%j exits 2 and says what to do', async ([bin, ...argv], message) => {
    const { code, out, err } = await call(bin, ...argv)
    expect(code).toBe(2)
    expect(err).toContain(message)
    expect(out).toBe('')
  })

  test('no command at all shows the help and exits 2', async () => {
    const { code, err } = await call('pa')
    expect(code).toBe(2)
    expect(err).toContain('Examples:')
  })
})

describe('help and version', () => {
  test.each([['--help'], ['help'], ['-h']])('%s goes to standard output', async (flag) => {
    const { code, out } = await call('pa', flag)
    expect(code).toBe(0)
    expect(out).toContain('Exit codes of a task')
  })

  test('both ways of asking for the version agree', async () => {
    const { out } = await call('agentproxy', '--version')
    expect(out).toMatch(/^\d+\.\d+\.\d+\n$/)
    expect((await call('pa', 'version')).out).toBe(out)
  })

  test('a task that begins like a word of its own is not taken for a command', async () => {
    const { err } = await call('pa', 'resumes should be idempotent', '-d', '/nowhere/at/all')
    expect(err).toContain('/nowhere/at/all does not exist')
  })
})

test('the help of every command has examples that name it', async () => {
  const { out } = await call('agentproxy', 'completion', 'bash')
  const paths = [...out.matchAll(/ at='([^']+)' ;;/g)].map((match) => match[1] ?? '')
  const leaves = paths.filter((path) => !paths.some((other) => other.startsWith(`${path} `)))
  expect(leaves.length).toBeGreaterThan(40)
  for (const path of leaves) {
    const help = (await call('agentproxy', ...path.split(' '), '--help')).out
    expect(help.slice(help.indexOf('\nExample')), path).toMatch(
      path === 'run' ? /pa "/ : new RegExp(`(pa|agentproxy) ${path}`),
    )
  }
})
