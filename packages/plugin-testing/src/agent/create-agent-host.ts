import { mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type {
  AgentEvent,
  AgentPermissionAnswer,
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
  /** Says something to the running turn; false when its agent did not take it. */
  steer(text: string): Promise<boolean>
  /** What `runTurn` is given; fields left out are filled. */
  turn(options: Partial<AgentTurn> & Pick<AgentTurn, 'prompt'>): AgentTurn
}

/** Makes folders for an agent to work in. `gateway` is where it sends model calls, such as a scripted server. */
export async function createAgentHost(gateway: AgentTurn['gateway']): Promise<AgentHost> {
  const root = await realpath(await mkdtemp(join(tmpdir(), 'agent-turn-')))
  let hears: ((text: string) => Promise<boolean>) | null = null
  const host: AgentHost = {
    workingDir: await mkdtemp(join(root, 'work-')),
    stateDir: await mkdtemp(join(root, 'state-')),
    events: [],
    permissions: [],
    spawned: [],
    answer: async () => ({ decision: 'allow', reason: 'test' }),
    steer: async (text) => (await hears?.(text)) ?? false,
    turn: (options) => ({
      taskId: 'task',
      turn: 1,
      workingDir: host.workingDir,
      stateDir: host.stateDir,
      model: 'test-model',
      conversationId: null,
      allowedTools: null,
      images: [],
      gateway,
      signal: new AbortController().signal,
      log: { debug() {}, info() {}, warn() {}, error() {} },
      emit: (event) => void host.events.push(event),
      async requestPermission(request) {
        host.permissions.push(request)
        return withOption(await host.answer(request), request)
      },
      onSteer(listener) {
        hears = listener
        return { [Symbol.dispose]: () => void (hears = null) }
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

function withOption(
  answer: PermissionAnswer,
  { options = [] }: AgentPermissionRequest,
): AgentPermissionAnswer {
  const verb = answer.decision === 'allow' ? 'allow' : 'reject'
  const lasting = answer.always === true && options.includes(`${verb}_always`)
  return { ...answer, option: lasting ? `${verb}_always` : `${verb}_once` }
}
