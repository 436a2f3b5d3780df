import { exitCodeFor } from '@agentproxy/supervisor'
import type { Store } from '@agentproxy/store'
import { createFileSupervisor } from '../app/file-supervisor.ts'
import { findSession } from '../app/find-session.ts'
import type { DisplayFlags } from '../args/options.ts'
import type { GlobalFlags, Invocation } from '../args/invocation.ts'
import type { Display } from '../display/display.ts'
import { Progress } from '../display/progress.ts'
import { followSession } from '../talk/follow-session.ts'
import { Talk } from '../talk/talk.ts'
import { TYPED_HELP } from '../talk/typed-order.ts'
import { displayMode, openDisplay } from './open-display.ts'
import { withStore } from './with-store.ts'

export interface AttachFlags extends GlobalFlags, DisplayFlags {
  readonly id: string
}

/** Shows a task that runs anywhere as it goes, and speaks to it. Ctrl-C leaves; the task goes on. */
export async function attachToTask(invocation: Invocation, flags: AttachFlags): Promise<number> {
  const mode = displayMode(invocation, flags)
  return withStore(invocation, flags, async (store) => {
    const { id } = await findSession(store, flags.id)
    const progress = new Progress()
    const usage = () => store.exchanges.totals(id)
    const live = { progress, usage }
    const display = openDisplay(invocation, { mode, facts: { sessionId: id, simulated: false }, live })
    const leave = new AbortController()
    const left = (): void => leave.abort()
    process.once('SIGINT', left)
    const supervisor = createFileSupervisor(store, invocation.env)
    const say = (text: string): void => display.aside(text)
    const talk = new Talk({ input: process.stdin, send: (order) => supervisor.send(id, order), say })
    try {
      display.aside(`Attached to ${id}: ${TYPED_HELP}. Ctrl-C leaves.`)
      for await (const event of followSession(store, id, { afterSeq: 0, signal: leave.signal })) {
        progress.apply(event.payload)
        display.event(event)
        talk.apply(event.payload)
      }
      return await end(store, display, { id, progress })
    } finally {
      process.off('SIGINT', left)
      talk[Symbol.dispose]()
      display.close()
    }
  })
}

async function end(
  store: Store,
  display: Display,
  { id, progress }: { readonly id: string; readonly progress: Progress },
): Promise<number> {
  const { finished } = progress
  if (finished === null) {
    display.aside(`Left. ${id} goes on; pa attach ${id} comes back.`)
    return 0
  }
  const { type: _type, ...report } = finished
  const exitCode = exitCodeFor(report)
  const checks = [...progress.checks.values()]
  const { workspace } = progress
  const applied = workspace === 'in-place' || progress.applied
  const usage = await store.exchanges.totals(id)
  display.report({ ...report, sessionId: id, exitCode, checks, usage, workspace, applied })
  return exitCode
}
