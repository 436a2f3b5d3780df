import { exitCodeFor } from '@agentproxy/supervisor'
import { findSession } from '../app/find-session.ts'
import type { DisplayFlags } from '../args/options.ts'
import type { GlobalFlags, Invocation } from '../args/invocation.ts'
import { Progress } from '../display/progress.ts'
import { displayMode, openDisplay } from './open-display.ts'
import { readSessionLog } from './session-log.ts'
import { withStore } from './with-store.ts'

export interface ShowFlags extends GlobalFlags, DisplayFlags {
  readonly id: string
}

/** Tells a task's story from its log with the display it was watched with. */
export async function showSession(invocation: Invocation, flags: ShowFlags): Promise<number> {
  const mode = displayMode(invocation, flags)
  return withStore(invocation, flags, async (store) => {
    const { id, state } = await findSession(store, flags.id)
    const usage = await store.exchanges.totals(id)
    const simulated = usage.exchanges > 0 && usage.simulated === usage.exchanges
    const display = openDisplay(invocation, { mode, facts: { sessionId: id, simulated }, live: null })
    const progress = new Progress()
    for await (const event of readSessionLog(store, id)) {
      progress.apply(event.payload)
      display.event(event)
    }
    const { finished } = progress
    if (finished === null) {
      display.aside(`Not finished (${state}). Continue it with: ${invocation.bin} resume ${id}`)
      return 0
    }
    const { type: _type, ...report } = { ...finished, sessionId: id }
    const checks = [...progress.checks.values()]
    const { workspace } = progress
    const applied = workspace === 'in-place' || progress.applied
    display.report({ ...report, exitCode: exitCodeFor(report), checks, usage, workspace, applied })
    return 0
  })
}
