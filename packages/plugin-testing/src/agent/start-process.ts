import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { AgentExit, AgentProcess, AgentSpawn } from '@agentproxy/plugin'

/** Starts an agent's process in a group of its own, as a host does, but with no limit on time or output. */
export function startProcess(options: AgentSpawn, cwd: string): AgentProcess {
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
