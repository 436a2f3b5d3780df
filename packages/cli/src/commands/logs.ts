import { createReadStream } from 'node:fs'
import { readdir } from 'node:fs/promises'
import path from 'node:path'
import { findSession } from '../app/find-session.ts'
import { stateDirOf } from '../app/paths.ts'
import type { GlobalFlags, Invocation } from '../args/invocation.ts'
import { stripEscapes } from '../display/strip-escapes.ts'
import { withStore } from './with-store.ts'

export interface LogsFlags extends GlobalFlags {
  readonly id: string
  readonly turn?: number
}

/** Everything the processes of a task wrote, file by file; into a pipe byte for byte, on a terminal without escapes. */
export function printLogs(invocation: Invocation, flags: LogsFlags): Promise<number> {
  const { env, terminal } = invocation
  return withStore(invocation, flags, async (store) => {
    const { id } = await findSession(store, flags.id)
    const folder = path.join(stateDirOf(env), 'sessions', id, 'output')
    const kept: string[] = await readdir(folder).catch(() => [])
    const names = kept.filter((name) => isOf(name, flags.turn)).toSorted()
    for (const name of names) {
      terminal.out.write(`==> ${path.join(folder, name)} <==\n`)
      for await (const chunk of createReadStream(path.join(folder, name), 'utf8')) {
        terminal.out.write(terminal.out.isTty ? stripEscapes(String(chunk)) : String(chunk))
        await terminal.out.drained?.()
      }
      terminal.out.write('\n')
    }
    if (names.length === 0) terminal.err.write('No process of this task wrote anything that is kept.\n')
    return 0
  })
}

/** Files are named `SEQ-turn-N-M.log`, and those of checks `SEQ-turn-N-NAME.log`. */
function isOf(name: string, turn: number | undefined): boolean {
  return turn === undefined || new RegExp(`^\\d+-turn-${turn}-`).test(name)
}
