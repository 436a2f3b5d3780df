import { findSession } from '../app/find-session.ts'
import { openApp, openStoreOf } from '../app/open-app.ts'
import type { WatchFlags } from '../args/options.ts'
import type { GlobalFlags, Invocation } from '../args/invocation.ts'
import { loadConfig } from '../config/load-config.ts'
import { Progress } from '../display/progress.ts'
import { bellOf, displayMode } from './open-display.ts'
import { openLogger } from './open-logger.ts'
import { readSessionLog } from './session-log.ts'
import { checkContract, supervise } from './supervise.ts'
import { findWorkingDir } from './task-contract.ts'

export interface ResumeFlags extends GlobalFlags, WatchFlags {
  readonly id: string
}

/** Continues a task from its log, in the folder it was started in. */
export async function resumeTask(invocation: Invocation, flags: ResumeFlags): Promise<number> {
  const { env, cwd, terminal } = invocation
  const mode = displayMode(invocation, flags)
  const extraFile = flags.config ?? null
  const record = await findRecord(invocation, extraFile, flags.id)
  const workingDir = await findWorkingDir(cwd, record.workingDir)
  const config = await loadConfig({ env, cwd, projectDir: workingDir, extraFile })
  let aside = (line: string): void => terminal.err.write(`${line}\n`)
  const log = await openLogger(invocation, flags, (line) => aside(line))
  const app = await openApp({
    command: 'resume',
    config,
    env,
    log,
    plugins: 'all',
    warn: (line) => aside(line),
  })
  try {
    const progress = new Progress()
    for await (const { payload } of readSessionLog(app.store, record.id)) progress.apply(payload)
    const question = { host: app.plugins, aliases: config.models, env, prices: config.prices }
    const { simulated } =
      progress.contract === null ? { simulated: false } : await checkContract(question, progress.contract)
    const watch = {
      invocation,
      app,
      config,
      log,
      mode,
      sessionId: record.id,
      progress,
      simulated,
      bell: bellOf(flags, config),
    }
    return await supervise(
      { ...watch, onDisplay: (display) => (aside = (line) => display.aside(line)) },
      (supervisor, options) => supervisor.resume(record.id, options),
    )
  } finally {
    await app.close()
  }
}

/** The store's place cannot depend on the project, so it is read before the project's own configuration. */
async function findRecord({ env, cwd }: Invocation, extraFile: string | null, id: string) {
  const store = await openStoreOf(await loadConfig({ env, cwd, projectDir: null, extraFile }))
  try {
    return await findSession(store, id)
  } finally {
    await store.close()
  }
}
