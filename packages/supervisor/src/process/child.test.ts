import { readFileSync, statSync } from 'node:fs'
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { tempFolder } from '../testing/temp-folder.ts'
import { type AgentProcessOptions, startAgentProcess } from './agent-process.ts'
import { allowedEnvironment } from './environment.ts'
import { endMarked, findInSession, findMarked } from './reap.ts'
import { runCommand } from './run-command.ts'

function options(script: string, overrides: Partial<AgentProcessOptions> = {}): AgentProcessOptions {
  const folder = tempFolder()
  return {
    command: process.execPath,
    args: ['-e', script],
    cwd: folder,
    env: allowedEnvironment(process.env),
    marker: randomUUID(),
    stdin: 'closed',
    stdoutFile: join(folder, 'out.log'),
    stderrFile: join(folder, 'err.log'),
    idleMs: null,
    timeoutMs: null,
    graceMs: 300,
    lineCapBytes: 1024 * 1024,
    onActivity: () => {},
    onOverlongLine: () => {},
    ...overrides,
  }
}

async function linesOf(lines: AsyncIterable<string>): Promise<string[]> {
  const all: string[] = []
  for await (const line of lines) all.push(line)
  return all
}

const STRAY = `const c = require('child_process').spawn('/bin/sh', ['-c', 'trap "" TERM; while :; do sleep 0.1; done'], {detached: true, stdio: process.argv[1] ?? 'ignore'}); c.unref();`

describe('an agent process', () => {
  test('gives its lines, its exit code and the end of its errors', async () => {
    const set = options(
      `console.log('one'); console.error('oh'); process.stdout.write('two'); process.exitCode = 3`,
    )
    const child = startAgentProcess(set)
    expect(await linesOf(child.lines)).toEqual(['one', 'two'])
    expect(await child.exit).toEqual({ code: 3, signal: null, endedBy: null, stderrTail: 'oh\n' })
    expect(readFileSync(set.stdoutFile, 'utf8')).toBe('one\ntwo')
  })

  test('that cannot be started ends with code 127 and the reason', async () => {
    const child = startAgentProcess(options('', { command: '/no/such/agent' }))
    expect(await linesOf(child.lines)).toEqual([])
    expect(await child.exit).toMatchObject({ code: 127, stderrTail: expect.stringContaining('ENOENT') })
  })

  test('may write a line of ten megabytes: it is cut, reported once, and whole on disk', async () => {
    let overlong = 0
    const set = options(`process.stdout.write('x'.repeat(10_000_000) + '\\nafter\\n')`, {
      onOverlongLine: () => void overlong++,
    })
    const lines = await linesOf(startAgentProcess(set).lines)
    expect(lines.map((line) => line.length)).toEqual([1024 * 1024, 5])
    expect(overlong).toBe(1)
    expect(readFileSync(set.stdoutFile).length).toBe(10_000_007)
  })

  test('that nobody reads waits instead of filling the memory, and everything arrives later', async () => {
    const set = options(`for (let i = 0; i < 40; i++) process.stdout.write('y'.repeat(999_999) + '\\n')`)
    const child = startAgentProcess(set)
    await sleep(300)
    expect((await linesOf(child.lines)).length).toBe(40)
  })

  test('talks over standard input until it is closed', async () => {
    const child = startAgentProcess(
      options(`process.stdin.on('data', (d) => process.stdout.write(d))`, { stdin: 'open' }),
    )
    child.writeLine('hello')
    child.endInput()
    expect(await linesOf(child.lines)).toEqual(['hello'])
    expect(() => child.writeLine('late')).toThrow('closed')
  })

  test('that falls silent or takes too long is ended', async () => {
    const idle = startAgentProcess(options(`console.log('hi'); setInterval(() => {}, 1000)`, { idleMs: 400 }))
    expect(await idle.exit).toMatchObject({ signal: 'SIGTERM', endedBy: 'idle' })
    const slow = startAgentProcess(options(`setInterval(() => console.log('.'), 20)`, { timeoutMs: 400 }))
    expect(await slow.exit).toMatchObject({ signal: 'SIGTERM', endedBy: 'time' })
  })

  test('that ignores SIGTERM is killed after the grace time', async () => {
    const child = startAgentProcess(
      options(`process.on('SIGTERM', () => {}); console.log('up'); setInterval(() => {}, 1000)`),
    )
    for await (const line of child.lines) if (line === 'up') break
    expect(await child.stop(200)).toMatchObject({ signal: 'SIGKILL', endedBy: 'stop' })
  })

  test('takes tools that left its group with it, even when they hold the pipe and ignore SIGTERM', async () => {
    const set = options(`${STRAY} console.log('spawned')`, {
      args: ['-e', `${STRAY} console.log('spawned')`, 'inherit'],
    })
    const child = startAgentProcess(set)
    expect(await linesOf(child.lines)).toEqual(['spawned'])
    expect(await child.exit).toMatchObject({ code: 0 })
    expect(await findMarked(set.marker)).toEqual([])
  })
})

describe('a hostile process', () => {
  test('that forks twice and throws its environment away is ended with what it left', async () => {
    const marker = randomUUID()
    const command = `(env -i /bin/sh -c 'sleep 300.125 & sleep 300.125 & exit' &) ; echo forked`
    const set = options('', { marker, command: '/bin/sh', args: ['-c', command] })
    const child = startAgentProcess(set)
    expect(await linesOf(child.lines)).toEqual(['forked'])
    await child.exit
    expect(await findInSession(child.pid)).toEqual([])
  })

  test('that is killed for want of memory says so by its signal, and what it wrote is kept', async () => {
    const set = options('', { command: '/bin/sh', args: ['-c', 'echo partial; kill -9 $$'] })
    const child = startAgentProcess(set)
    expect(await linesOf(child.lines)).toEqual(['partial'])
    expect(await child.exit).toMatchObject({ code: null, signal: 'SIGKILL', endedBy: null })
    expect(readFileSync(set.stdoutFile, 'utf8')).toBe('partial\n')
  })

  test('that floods both streams neither fills the memory nor loses a byte on disk', async () => {
    const megabytes = 48
    const flood = `head -c ${megabytes}M /dev/zero | tr '\\0' 'x' | fold -w 4095`
    const set = options('', { command: '/bin/sh', args: ['-c', `(${flood}) & (${flood}) >&2; wait`] })
    const before = process.memoryUsage().rss
    const child = startAgentProcess(set)
    let peak = before
    let lines = 0
    for await (const line of child.lines) {
      lines += line.length > 0 ? 1 : 0
      if (lines % 500 === 0) peak = Math.max(peak, process.memoryUsage().rss)
    }
    expect(await child.exit).toMatchObject({ code: 0 })
    const bytes = megabytes * 1024 * 1024
    expect(statSync(set.stdoutFile).size).toBeGreaterThanOrEqual(bytes)
    expect(statSync(set.stderrFile).size).toBeGreaterThanOrEqual(bytes)
    expect(lines).toBe(Math.ceil(bytes / 4095))
    expect(peak - before).toBeLessThan(bytes)
  })

  test('that writes escape sequences keeps them on disk, whole', async () => {
    const evil = '\u001b]0;owned\u0007\u001b[2J\u009b31mx\u202e\u0000'
    const set = options(`process.stdout.write(${JSON.stringify(evil)} + '\\n')`)
    const child = startAgentProcess(set)
    expect(await linesOf(child.lines)).toEqual([evil])
    await child.exit
    expect(readFileSync(set.stdoutFile, 'utf8')).toBe(`${evil}\n`)
  })
})

test('orphans are found by their marker and by no other', async () => {
  const marker = randomUUID()
  const set = options('setInterval(() => {}, 1000)', { marker: `${marker}.1` })
  const child = startAgentProcess(set)
  while ((await findMarked(marker)).length === 0) await sleep(20)
  expect(await findMarked(marker)).toEqual([child.pid])
  expect(await findMarked(marker.slice(0, -1))).toEqual([])
  expect(await endMarked(marker, 500)).toBe(1)
  expect(await child.exit).toMatchObject({ signal: 'SIGTERM' })
})

test('a command keeps both streams in one file and is killed with its children when time is up', async () => {
  const folder = tempFolder()
  const marker = randomUUID()
  const result = await runCommand({
    command: 'echo out; echo err >&2; sleep 30 & sleep 30',
    cwd: folder,
    env: allowedEnvironment(process.env),
    marker,
    outputFile: join(folder, 'check.log'),
    maxOutputBytes: 1000,
    timeoutMs: 300,
    graceMs: 200,
    signal: new AbortController().signal,
  })
  expect(result).toMatchObject({ endedBy: 'time' })
  expect(readFileSync(join(folder, 'check.log'), 'utf8')).toBe(result.output)
  expect(result.output.split('\n').toSorted()).toEqual(['', 'err', 'out'])
  expect(await findMarked(marker)).toEqual([])
})

test('keys and tokens of our own environment reach no agent', () => {
  const env = {
    PATH: '/bin',
    HOME: '/h',
    LC_ALL: 'C',
    XDG_CACHE_HOME: '/c',
    ANTHROPIC_API_KEY: 'k',
    AGENTPROXY_TOKEN: 't',
    GIT_DIR: 'g',
    A: undefined,
  }
  expect(allowedEnvironment(env)).toEqual({ PATH: '/bin', HOME: '/h', LC_ALL: 'C', XDG_CACHE_HOME: '/c' })
})
