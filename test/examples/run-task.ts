import { execFileSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { PluginManager } from '@agentproxy/kernel'
import { definePlugin } from '@agentproxy/plugin'
import type { AgentTurn, Logger, PluginDefinition } from '@agentproxy/plugin'
import { openStore } from '@agentproxy/store'
import { commandCheck, createSupervisor, IN_PLACE } from '@agentproxy/supervisor'
import type { TaskContract, TaskEvent, TaskReport } from '@agentproxy/supervisor'
import { onTestFinished } from 'vitest'

type Files = Readonly<Record<string, string>>

/** A folder with these files, gone after the test. */
export function tempFolder(files: Files = {}): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'agentproxy-example-')))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }))
  writeFiles(folder, files)
  return folder
}

export function writeFiles(folder: string, files: Files): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
}

/** The text of a file, null where there is none. */
export function read(folder: string, path: string): string | null {
  return existsSync(join(folder, path)) ? readFileSync(join(folder, path), 'utf8') : null
}

/** The same folder in a repository with one commit. */
export function tempRepository(files: Files): string {
  const folder = tempFolder(files)
  git(folder, 'init', '-q', '-b', 'main')
  git(folder, 'add', '-A')
  git(folder, 'commit', '-q', '-m', 'first')
  return folder
}

/** Runs git as a person would. */
export function git(folder: string, ...args: readonly string[]): string {
  const who = ['-c', 'user.name=person', '-c', 'user.email=person@localhost', '-c', 'commit.gpgsign=false']
  // Looking must not refresh the index, which tests compare byte for byte.
  const env = { ...process.env, GIT_OPTIONAL_LOCKS: '0' }
  return execFileSync('git', [...who, ...args], { cwd: folder, env, encoding: 'utf8', stdio: 'pipe' })
}

export interface TaskSetting {
  /** Name of the folder in `examples`. */
  readonly example: string
  readonly config?: unknown
  readonly folder: string
  readonly agent: (turn: AgentTurn) => Promise<void> | void
  readonly contract?: Partial<TaskContract>
  readonly more?: readonly PluginDefinition[]
  readonly signal?: AbortSignal
}

export interface RanTask {
  readonly report: TaskReport
  readonly events: readonly TaskEvent[]
  /** Everything that was logged, as text. */
  readonly log: string
}

/** Runs a task with an example loaded from its folder, as anybody would load it, and an agent that does as told. */
export async function runTask(setting: TaskSetting): Promise<RanTask> {
  const lines: string[] = []
  const note = (message: string, fields?: object): void =>
    void lines.push(`${message} ${JSON.stringify(fields ?? {})}`)
  const log: Logger = { debug: note, info: note, warn: note, error: note }
  const stateDir = tempFolder()
  const store = await openStore({ path: join(stateDir, 'store.db') })
  onTestFinished(() => store.close())
  const host = new PluginManager({ log, storage: store.values })
  onTestFinished(() => host.shutdownAll())
  const example = fileURLToPath(new URL(`../../examples/${setting.example}`, import.meta.url))
  await host.loadPlugin(example, setting.config === undefined ? {} : { config: setting.config })
  for (const plugin of [scriptedAgent(setting.agent), ...(setting.more ?? [])]) await host.loadPlugin(plugin)
  const models = { url: 'http://127.0.0.1:9', issueToken: () => 'token', revokeTokens() {} }
  const supervisor = createSupervisor({ host, store, stateDir, models, log, env: process.env })
  const events: TaskEvent[] = []
  const report = await supervisor.start(contractOf(setting), {
    signal: setting.signal ?? new AbortController().signal,
    onEvent: ({ payload }) => void events.push(payload),
  })
  return { report, events, log: lines.join('\n') }
}

function scriptedAgent(script: TaskSetting['agent']): PluginDefinition {
  return definePlugin({
    name: 'scripted-agent',
    version: '1.0.0',
    setup(ctx) {
      ctx.agent({
        name: 'scripted',
        displayName: 'Scripted agent',
        capabilities: {
          resume: true,
          steer: false,
          interrupt: false,
          images: false,
          modelSwitch: false,
          asksPermission: true,
          plan: false,
          usage: false,
        },
        detect: () => Promise.resolve({ available: true, version: '1', problem: null }),
        async runTurn(turn) {
          await script(turn)
          return { stopReason: 'end_turn', message: 'I am done.', error: null, conversationId: 'one' }
        },
      })
    },
  })
}

function contractOf({ folder, contract }: TaskSetting): TaskContract {
  return {
    objective: 'Make the check pass.',
    workingDir: folder,
    agent: 'scripted',
    model: null,
    reasoner: 'rules',
    reasonerModel: null,
    workspace: IN_PLACE,
    checks: [commandCheck('grep -q fixed a.txt')],
    checksFrom: 'flags',
    budgets: { maxTurns: 1, maxTimeMs: 60_000 },
    idleMs: 20_000,
    expectsChange: true,
    allowsTestChanges: false,
    protectedPaths: [],
    screenshots: [],
    approve: 'auto',
    permissions: { deny: [], ask: [], allow: [] },
    answerMs: 20_000,
    waitsForLimit: true,
    startedBy: 'terminal',
    ...contract,
  }
}
