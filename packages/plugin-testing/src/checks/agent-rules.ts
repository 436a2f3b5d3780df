import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { AgentCapabilities, AgentDefinition } from '@agentproxy/plugin'
import { createAgentHost } from '../agent/create-agent-host.ts'
import type { AgentHost } from '../agent/create-agent-host.ts'
import { fail, skip } from '../contract/check.ts'
import type { Rule } from '../contract/check.ts'
import type { Bench, Subject } from '../contract/subject.ts'
import { within } from '../contract/within.ts'

/** Milliseconds a started turn is left alone before it is stopped. */
const HEAD_START_MS = 300

function agentsOf({ recorder }: Bench): readonly AgentDefinition[] {
  return recorder.agents.length === 0 ? skip('it adds no agent') : recorder.agents
}

/** A gateway on this machine that takes requests and never answers. */
async function silentGateway(): Promise<AsyncDisposable & { readonly url: string }> {
  const server = createServer(() => {})
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** Whether any process of the group a child leads is left. */
function groupLives(pid: number): boolean {
  try {
    process.kill(-pid, 0)
    return true
  } catch {
    return false
  }
}

async function stopTurn(agent: AgentDefinition, host: AgentHost, limitMs: number): Promise<void> {
  const controller = new AbortController()
  const turn = agent.runTurn(host.turn({ prompt: 'wait', signal: controller.signal }))
  const settled = turn.then(
    (result) => result.stopReason,
    (thrown: unknown) => fail(`agent ${agent.name} rejected a turn instead of ending it`, thrown),
  )
  settled.catch(() => {})
  await new Promise((resolve) => setTimeout(resolve, HEAD_START_MS))
  controller.abort()
  const reason = await within(
    settled,
    limitMs,
    `agent ${agent.name} did not end within ${limitMs} ms of being stopped`,
  )
  if (reason !== 'cancelled' && reason !== 'error')
    fail(`agent ${agent.name}, stopped before it had an answer, said ${reason}`)
  for (const { process: child } of host.spawned) {
    const late = `a process of agent ${agent.name} was still there ${limitMs} ms after its turn`
    await within(child.exit, limitMs, late)
    if (!groupLives(child.pid)) continue
    process.kill(-child.pid, 'SIGKILL')
    fail(`agent ${agent.name} left a child process of its own behind`)
  }
}

const CAPABILITIES: Readonly<Record<keyof AgentCapabilities, true>> = {
  resume: true,
  steer: true,
  interrupt: true,
  images: true,
  modelSwitch: true,
  asksPermission: true,
  plan: true,
  usage: true,
}

function checkCapabilities({ name, capabilities }: AgentDefinition): void {
  const said: Readonly<Record<string, unknown>> = { ...capabilities }
  for (const capability of Object.keys(CAPABILITIES))
    if (typeof said[capability] !== 'boolean')
      fail(`agent ${name} does not say whether it has the capability ${capability}`)
  for (const capability of Object.keys(said))
    if (!(capability in CAPABILITIES)) fail(`agent ${name} claims ${capability}, which is no capability`)
}

export const agentRules: readonly Rule<Subject>[] = [
  {
    id: 'agent.capabilities',
    title: 'its agents say what they can do, in the words of the contract',
    async run(subject) {
      await using bench = await subject.open()
      for (const agent of agentsOf(bench)) checkCapabilities(agent)
    },
  },
  {
    id: 'agent.detect',
    title: 'its agents say in time whether they can work, and if not what to do',
    async run(subject) {
      await using bench = await subject.open()
      for (const agent of agentsOf(bench)) {
        const late = `agent ${agent.name} did not say within ${subject.limitMs} ms whether it is available`
        const { available, problem } = await within(agent.detect(), subject.limitMs, late)
        if (typeof available !== 'boolean') fail(`agent ${agent.name} does not say whether it is available`)
        if (!available && (problem ?? '') === '')
          fail(`agent ${agent.name} is not available and does not say what to do; give a problem`)
      }
    },
  },
  {
    id: 'agent.stop',
    title: 'a stopped turn ends, and leaves no process',
    async run(subject) {
      await using bench = await subject.open()
      for (const agent of agentsOf(bench)) {
        const { available, problem } = await agent.detect()
        if (!available) skip(`agent ${agent.name} is not available here: ${problem ?? ''}`)
        await using gateway = await silentGateway()
        await using host = await createAgentHost({ url: gateway.url, token: 'token' })
        await stopTurn(agent, host, subject.limitMs)
      }
    },
  },
]
