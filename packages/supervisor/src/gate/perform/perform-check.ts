import type {
  BrowserCheckSpec,
  CheckSpec,
  CommandCheckSpec,
  FileCheckSpec,
  HttpCheckSpec,
} from '@agentproxy/plugin'
import type { CheckOutcome } from '../check-outcome.ts'
import { performBrowser } from './perform-browser.ts'
import { performCommand } from './perform-command.ts'
import { performFile } from './perform-file.ts'
import { performHttp } from './perform-http.ts'
import type { Surroundings } from './surroundings.ts'

/** The checks that need nothing but the working directory. */
export type LocalCheckSpec = CommandCheckSpec | FileCheckSpec | HttpCheckSpec | BrowserCheckSpec

export function isLocal(check: CheckSpec): check is LocalCheckSpec {
  return (
    check.kind === 'command' || check.kind === 'file' || check.kind === 'http' || check.kind === 'browser'
  )
}

/** Performs one of them on the files as they are. */
export function performCheck(check: LocalCheckSpec, around: Surroundings): Promise<CheckOutcome> {
  switch (check.kind) {
    case 'command':
      return performCommand(check, around)
    case 'file':
      return performFile(check, around.dir)
    case 'http':
      return performHttp(check, around)
    case 'browser':
      return performBrowser(check, around)
  }
}
