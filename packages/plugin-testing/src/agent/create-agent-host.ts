import { mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type {
  AgentEvent,
  AgentPermissionRequest,
  AgentProcess,
  AgentSpawn,
  AgentTurn,
  PermissionAnswer,
} from '@agentproxy/plugin'
import { startProcess } from './start-process.ts'

/** A host for one agent's turns: real processes, real folders, everything recorded. Dispose it, best with `await using`. */
export interface AgentHost extends AsyncDisposable {
  readonly workingDir: string
  readonly stateDir: string
  readonly events: AgentEvent[]
  readonly permissions: AgentPermissionRequest[]
  readonly spawned: (AgentSpawn & { readonly process: AgentProcess })[]
  /** What is answered when the agent asks before it acts. Default: allow. */
  answer: (request: AgentPermissionRequest) => Promise<PermissionAnswer>
  /** What `runTurn` is given; fields left out are filled. */
  turn(options: Partial<AgentTurn> & Pick<AgentTurn, 'prompt'>): AgentTurn
}

/** Makes folders for an agent to work in. `gateway` is where it sends model calls, such as a scripted server. */
export async function createAgentHost(gateway: AgentTurn['gateway']): Promise<AgentHost> {
  const root = await realpath(await mkdtemp(join(tmpdir(), 'agent-turn-')))
  const host: AgentHost = {
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
        const started = startProcess(wanted, host.workingDir)
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
