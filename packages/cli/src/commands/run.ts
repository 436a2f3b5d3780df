import { randomBytes } from 'node:crypto'
import { openApp } from '../app/open-app.ts'
import type { RunFlags } from '../args/options.ts'
import type { GlobalFlags, Invocation } from '../args/invocation.ts'
import { loadConfig } from '../config/load-config.ts'
import { Progress } from '../display/progress.ts'
import { CliError } from '../errors.ts'
import { bellOf, displayMode } from './open-display.ts'
import { openLogger } from './open-logger.ts'
import { resumeTask } from './resume.ts'
import { checkContract, supervise } from './supervise.ts'
import { createContract, findWorkingDir } from './task-contract.ts'

export interface RunTaskFlags extends GlobalFlags, RunFlags {
  /** Empty when none was given. */
  readonly task: string
}

/** `run "task"`: checks everything first, then supervises. */
export async function runTask(invocation: Invocation, flags: RunTaskFlags): Promise<number> {
  if (flags.task === '') {
    if (flags.session !== undefined) return resumeTask(invocation, { ...flags, id: flags.session })
    throw new CliError('USAGE', 'no task was given', {
      hint: `For example: ${invocation.bin} "make the failing test pass"`,
    })
  }
  const { env, cwd, terminal } = invocation
  const mode = displayMode(invocation, flags)
  const workingDir = await findWorkingDir(cwd, flags.workingDir)
  const config = await loadConfig({ env, cwd, projectDir: workingDir, extraFile: flags.config ?? null })
  const contract = await createContract({ objective: flags.task, workingDir, cwd, flags, config })
  let aside = (line: string): void => terminal.err.write(`${line}\n`)
  const log = await openLogger(invocation, flags, (line) => aside(line))
  const app = await openApp({ command: 'run', config, env, log, plugins: 'all', warn: (line) => aside(line) })
  try {
    const { simulated } = await checkContract(
      { host: app.plugins, aliases: config.models, env, prices: config.prices },
      contract,
    )
    const sessionId = flags.session ?? newSessionId()
    if ((await app.store.sessions.get(sessionId)) !== null) {
      throw new CliError('USAGE', `session ${sessionId} has a task already`, {
        hint: `Continue it with: ${invocation.bin} resume ${sessionId}`,
      })
    }
    const watch = {
      invocation,
      app,
      config,
      log,
      mode,
      sessionId,
      progress: new Progress(),
      simulated,
      bell: bellOf(flags, config),
    }
    return await supervise(
      { ...watch, onDisplay: (display) => (aside = (line) => display.aside(line)) },
      (supervisor, options) => supervisor.start(contract, options),
    )
  } finally {
    await app.close()
  }
}

/** Short enough to type, long enough to be unique: 40 random bits. */
function newSessionId(): string {
  return randomBytes(5).toString('hex')
}
