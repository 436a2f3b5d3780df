import type { OpenPermission, TaskOrder } from '@agentproxy/supervisor'
import { createFileSupervisor } from '../app/file-supervisor.ts'
import { findSession } from '../app/find-session.ts'
import type { GlobalFlags, Invocation } from '../args/invocation.ts'
import { CliError } from '../errors.ts'
import { withStore } from './with-store.ts'

export interface SendFlags extends GlobalFlags {
  readonly id: string
}

/** Asks something of a task, whichever process runs it; it is heard within a moment. */
export function sendOrder(invocation: Invocation, flags: SendFlags, order: TaskOrder): Promise<number> {
  return withStore(invocation, flags, async (store) => {
    const { id } = await findSession(store, flags.id)
    await createFileSupervisor(store, invocation.env).send(id, order)
    return 0
  })
}

/** Answers the question a task waits for. */
export function answerTask(
  invocation: Invocation,
  { text, ...flags }: SendFlags & { readonly text: string },
): Promise<number> {
  return withStore(invocation, flags, async (store) => {
    const { id } = await findSession(store, flags.id)
    const supervisor = createFileSupervisor(store, invocation.env)
    const { question } = await supervisor.state(id)
    if (question === null) throw nothingAsked(id, 'no question')
    await supervisor.send(id, { do: 'answer', question: question.id, text })
    return 0
  })
}

export interface PermitFlags extends SendFlags {
  /** Of one request; left out = all that wait. */
  readonly permission?: string
  readonly option: Extract<TaskOrder, { readonly do: 'permit' }>['option']
}

/** Answers what an agent asks permission for. */
export function permitTask(invocation: Invocation, flags: PermitFlags): Promise<number> {
  return withStore(invocation, flags, async (store) => {
    const { id } = await findSession(store, flags.id)
    const supervisor = createFileSupervisor(store, invocation.env)
    const { permissions } = await supervisor.state(id)
    const meant = permissions.filter((open) => isMeant(open, flags.permission))
    if (meant.length === 0) throw nothingAsked(id, 'no permission')
    for (const { id: permission, title } of meant) {
      await supervisor.send(id, { do: 'permit', permission, option: flags.option })
      invocation.terminal.out.write(`${flags.option.replace('_', ' ')}: ${title}\n`)
    }
    return 0
  })
}

function isMeant({ id }: OpenPermission, wanted: string | undefined): boolean {
  return wanted === undefined || id.startsWith(wanted)
}

function nothingAsked(id: string, what: string): CliError {
  return new CliError('NOTHING_ASKED', `session ${id} waits for ${what}`, { hint: `See pa show ${id}.` })
}
