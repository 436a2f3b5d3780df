import { stat } from 'node:fs/promises'
import path from 'node:path'
import type { CheckSpec } from '@agentproxy/plugin'
import { commandCheck, detectChecks, parseChecks, SupervisorError } from '@agentproxy/supervisor'
import type { DetectedChecks, TaskContract, WorkspaceOrder } from '@agentproxy/supervisor'
import type { RunFlags } from '../args/options.ts'
import type { Config } from '../config/config.ts'
import { readConfigFile } from '../config/read-config-file.ts'
import { CliError } from '../errors.ts'
import { readScreenshot } from './read-screenshot.ts'

const DEFAULT_AGENT = 'builtin'

/** The folder to work in, absolute. Throws `WORKING_DIR` if there is none. */
export async function findWorkingDir(cwd: string, written: string | undefined): Promise<string> {
  const folder = path.resolve(cwd, written ?? '.')
  const found = await stat(folder).catch(() => null)
  if (found === null)
    throw new CliError('WORKING_DIR', `${folder} does not exist`, { hint: 'Choose one with -d FOLDER.' })
  if (!found.isDirectory()) throw new CliError('WORKING_DIR', `${folder} is not a folder`)
  return folder
}

export interface TaskRequest {
  readonly objective: string
  readonly workingDir: string
  readonly cwd: string
  readonly flags: RunFlags
  readonly config: Config
}

/** All a task needs to begin, from flags first and configuration second. Nothing has started yet. */
export async function createContract(request: TaskRequest): Promise<TaskContract> {
  const { flags, config } = request
  const model = flags.model ?? config.supervisor.model
  const reasoner = flags.reasoner ?? (flags.reasonerModel === undefined ? config.supervisor.reasoner : 'llm')
  const checks = flags.verify ? await findChecks(request) : withoutChecks(flags)
  const { deny, ask, allow, timeoutMs } = config.permissions
  const screenshots = await Promise.all(
    flags.screenshot.map((file) => readScreenshot(path.resolve(request.cwd, file))),
  )
  return {
    objective: request.objective,
    workingDir: request.workingDir,
    agent: flags.agent ?? config.supervisor.agent ?? DEFAULT_AGENT,
    model,
    reasoner,
    reasonerModel:
      reasoner === 'llm' ? (flags.reasonerModel ?? config.supervisor.reasonerModel ?? model) : null,
    checks: checks.specs,
    checksFrom: checks.from,
    suggestedChecks: checks.suggestions.map(({ command }) => command),
    budgets: {
      maxTurns: flags.maxTurns,
      maxTimeMs: flags.maxTime,
      maxCostUsd: flags.maxCost ?? null,
      maxTokens: flags.maxTokens ?? null,
    },
    idleMs: flags.idleTime,
    expectsChange: !flags.allowNoChange,
    allowsTestChanges: flags.allowTestChanges ?? false,
    verifies: flags.verify,
    reviews: flags.qa,
    approve: flags.approve ?? config.permissions.approve,
    permissions: { deny, ask, allow },
    answerMs: timeoutMs,
    waitsForLimit: flags.wait ?? true,
    startedBy: 'terminal',
    protectedPaths: [...new Set([...flags.protect, ...config.supervisor.protect])],
    screenshots,
    workspace: orderWorkspace(flags, config),
  }
}

function orderWorkspace(flags: RunFlags, config: Config): WorkspaceOrder {
  const mode = flags.workspace ?? config.supervisor.workspace
  const needless = flags.apply ? '--apply' : flags.uncommitted ? '--uncommitted' : null
  if (mode === 'in-place' && needless !== null) {
    throw new CliError('USAGE', `${needless} means nothing for a task that works in your folder itself`, {
      hint: 'Give it a folder of its own with --workspace worktree or --workspace clone.',
    })
  }
  const { uncommitted = false, apply = false } = flags
  return { ...config.workspace, mode, uncommitted, apply }
}

function withoutChecks({ check, checks }: RunFlags): FoundChecks {
  if (check.length === 0 && checks === undefined) return { specs: [], from: 'none', suggestions: [] }
  throw new CliError('USAGE', 'a check and --no-verify contradict each other', {
    hint: 'Leave out one of them.',
  })
}

export interface FoundChecks {
  readonly specs: readonly CheckSpec[]
  readonly from: TaskContract['checksFrom']
  /** Commands that could be checks too, where they were detected. */
  readonly suggestions: DetectedChecks['suggestions']
}

/** Flags, else the project's `.agentproxy/checks.yaml`, else the configuration, else what the project's files suggest. */
export async function findChecks({
  flags,
  workingDir,
  cwd,
  config,
}: Pick<TaskRequest, 'workingDir' | 'cwd' | 'config'> & {
  readonly flags: Pick<RunFlags, 'check' | 'checks'>
}): Promise<FoundChecks> {
  if (flags.check.length > 0 || flags.checks !== undefined) {
    const fromFile = flags.checks === undefined ? [] : await readChecks(path.resolve(cwd, flags.checks))
    return {
      specs: distinct([...flags.check.map(commandCheck), ...fromFile]),
      from: 'flags',
      suggestions: [],
    }
  }
  const projectFile = path.join(workingDir, '.agentproxy', 'checks.yaml')
  if ((await stat(projectFile).catch(() => null)) !== null) {
    return { specs: await readChecks(projectFile), from: 'file', suggestions: [] }
  }
  if (config.checks.length > 0)
    return { specs: parseChecks(config.checks, 'the configuration'), from: 'file', suggestions: [] }
  const { checks: detected, suggestions } = await detectChecks(workingDir)
  // Plugins, once loaded, may have checks of their own.
  return { specs: detected, from: detected.length > 0 ? 'detected' : 'none', suggestions }
}

async function readChecks(file: string): Promise<readonly CheckSpec[]> {
  try {
    const checks = parseChecks(await readConfigFile(file), file)
    if (checks.length > 0) return checks
  } catch (error) {
    if (!SupervisorError.is(error)) throw error
    throw new CliError('CONFIG_INVALID', error.message, { cause: error })
  }
  throw new CliError('CHECKS_MISSING', `${file}: no check in it`)
}

/** Refuses two checks of one name: evidence is kept by name. */
function distinct(checks: readonly CheckSpec[]): readonly CheckSpec[] {
  const names = new Set<string>()
  for (const { name } of checks) {
    if (names.has(name)) throw new CliError('USAGE', `two checks are named "${name}"`)
    names.add(name)
  }
  return checks
}
