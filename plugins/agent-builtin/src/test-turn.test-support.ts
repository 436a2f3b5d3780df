import { spawn } from 'node:child_process'
import { mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type {
  AgentEvent,
  AgentExit,
  AgentPermissionRequest,
  AgentProcess,
  AgentSpawn,
  AgentTurn,
  PermissionAnswer,
} from '@agentproxy/plugin'

/** A host for one turn at a time: real processes, real folders, everything recorded. */
export interface TestHost {
  readonly workingDir: string
  readonly stateDir: string
  readonly events: AgentEvent[]
  readonly permissions: AgentPermissionRequest[]
  readonly spawned: (AgentSpawn & { readonly process: AgentProcess })[]
  answer: (request: AgentPermissionRequest) => Promise<PermissionAnswer>
  turn(options: Partial<AgentTurn> & Pick<AgentTurn, 'prompt'>): AgentTurn
  [Symbol.asyncDispose](): Promise<void>
}

export async function createTestHost(gateway: { url: string; token: string }): Promise<TestHost> {
  const root = await realpath(await mkdtemp(join(tmpdir(), 'agent-turn-')))
  const host: TestHost = {
    workingDir: await mkdtemp(join(root, 'work-')),
    stateDir: await mkdtemp(join(root, 'state-')),
    events: [],
    permissions: [],
    spawned: [],
    answer: async () => ({ decision: 'allow', reason: 'test' }),
    turn: (options) => ({
      taskId: 'task',
      turn: 1,
      workingDir: host.workingDir,
      stateDir: host.stateDir,
      model: 'test-model',
      conversationId: null,
      allowedTools: null,
      gateway,
      signal: new AbortController().signal,
      log: { debug() {}, info() {}, warn() {}, error() {} },
      emit: (event) => void host.events.push(event),
      requestPermission(request) {
        host.permissions.push(request)
        return host.answer(request)
      },
      spawn(wanted) {
        const started = start(wanted, host.workingDir)
        host.spawned.push({ ...wanted, process: started })
        return started
      },
      ...options,
    }),
    async [Symbol.asyncDispose]() {
      for (const { process: child } of host.spawned) await child.stop(0)
      await rm(root, { recursive: true, force: true })
    },
  }
  return host
}

function start(options: AgentSpawn, cwd: string): AgentProcess {
  const env = { PATH: process.env['PATH'], HOME: process.env['HOME'], ...options.env }
  const child = spawn(options.command, [...options.args], { cwd, env, detached: true, stdio: 'pipe' })
  child.stdin.on('error', () => {})
  if (options.stdin === 'closed') child.stdin.end()
  let stderrTail = ''
  let endedBy: AgentExit['endedBy'] = null
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderrTail += text))
  const exit = new Promise<AgentExit>((settle) => {
    child.once('error', (error) => settle({ code: 127, signal: null, endedBy, stderrTail: error.message }))
    child.once('close', (code, signal) => settle({ code, signal, endedBy, stderrTail }))
  })
  const kill = (signal: NodeJS.Signals) => {
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
    process.kill(-child.pid, signal)
  }
  return {
    pid: child.pid ?? 0,
    lines: createInterface({ input: child.stdout, crlfDelay: Infinity }),
    exit,
    writeLine(line) {
      if (!child.stdin.writable) throw new Error('standard input is closed')
      child.stdin.write(`${line}\n`)
    },
    endInput: () => void child.stdin.end(),
    async stop(graceMs) {
      if (child.exitCode === null && child.signalCode === null) endedBy ??= 'stop'
      kill(graceMs === 0 ? 'SIGKILL' : 'SIGTERM')
      const timer = setTimeout(() => kill('SIGKILL'), graceMs)
      const ended = await exit
      clearTimeout(timer)
      return ended
    },
  }
}
