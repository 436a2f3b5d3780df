import { cleanUp } from '../app/clean-up.ts'
import { openStoreOf } from '../app/open-app.ts'
import type { GlobalFlags, Invocation } from '../args/invocation.ts'
import { loadConfig } from '../config/load-config.ts'
import { oneLine } from '../display/strip-escapes.ts'
import { CliError } from '../errors.ts'
import { readMoment } from './read-moment.ts'

export interface CleanupFlags extends GlobalFlags {
  readonly olderThan?: string
  readonly dryRun?: boolean
  readonly json?: boolean
}

/** Deletes sessions that did not change for so long, with their folders; never one that runs. */
export async function cleanUpSessions(invocation: Invocation, flags: CleanupFlags): Promise<number> {
  const { env, cwd, terminal } = invocation
  const config = await loadConfig({ env, cwd, projectDir: null, extraFile: flags.config ?? null })
  const span = flags.olderThan ?? config.retention.sessions ?? undefined
  const before = readMoment(flags.olderThan === undefined ? 'retention.sessions' : '--older-than', span)
  if (before === null) {
    throw new CliError('USAGE', 'nothing says how old sessions must be to go', {
      hint: 'Give --older-than 30d, or set retention.sessions in the configuration.',
    })
  }
  const dryRun = flags.dryRun ?? false
  const store = await openStoreOf(config)
  try {
    const { sessions, kept, folders } = await cleanUp({ store, env, before, dryRun })
    if (flags.json) {
      terminal.out.write(
        `${JSON.stringify({ dryRun, sessions: sessions.map(({ id }) => id), kept: kept.map(({ id }) => id), folders })}\n`,
      )
      return 0
    }
    for (const { id, title } of sessions) terminal.out.write(`${id}  ${oneLine(title, 80)}\n`)
    for (const folder of folders) terminal.out.write(`${folder}\n`)
    for (const { id } of kept)
      terminal.err.write(
        `${id} stays: its result was not brought back (pa apply ${id}, or pa clean ${id} --discard)\n`,
      )
    const count = `${sessions.length} ${sessions.length === 1 ? 'session' : 'sessions'}`
    terminal.out.write(dryRun ? `${count} would be deleted.\n` : `${count} deleted.\n`)
    return 0
  } finally {
    await store.close()
  }
}
