import type { PluginHost } from '@agentproxy/kernel'
import type { App } from '../app/open-app.ts'
import { stateDirOf } from '../app/paths.ts'
import type { GlobalFlags, Invocation } from '../args/invocation.ts'
import type { Config } from '../config/config.ts'
import { maskConfig } from '../display/mask-config.ts'
import { createPaint } from '../display/paint.ts'
import { stripEscapes } from '../display/strip-escapes.ts'
import { CliError } from '../errors.ts'
import { checkAgents, checkProviders } from './doctor/check-plugins.ts'
import { checkGit, checkNode, checkPort, checkStateFolder } from './doctor/check-machine.ts'
import { type Diagnosis, bad, fine } from './doctor/diagnosis.ts'
import { withApp } from './with-app.ts'

export interface DoctorFlags extends GlobalFlags {
  readonly offline?: boolean
  readonly json?: boolean
}

const MARKS = { ok: 'ok', warn: 'warn', fail: 'FAIL' } as const

/** Looks at all that can keep a task or a server from working here. Exit code 1 if something does. */
export async function doctor(invocation: Invocation, flags: DoctorFlags): Promise<number> {
  const stateDir = stateDirOf(invocation.env)
  const found: Diagnosis[] = [checkNode(process.version), await checkGit(), await checkStateFolder(stateDir)]
  try {
    const options = { command: 'doctor', plugins: 'all', runTasks: false } as const
    await withApp(invocation, flags, options, async (app, config) => {
      found.push(
        ...(await checkOpened(invocation, { app, config, stateDir, offline: flags.offline ?? false })),
      )
      return 0
    })
  } catch (error) {
    found.push(unopened(error))
  }
  print(invocation, found, flags.json ?? false)
  return found.some(({ status }) => status === 'fail') ? 1 : 0
}

interface Opened {
  readonly app: App
  readonly config: Config
  readonly stateDir: string
  readonly offline: boolean
}

async function checkOpened({ env }: Invocation, { app, config, stateDir, offline }: Opened) {
  const host: PluginHost = app.plugins
  return [
    fine('configuration', config.files.join(', ') || 'no file; the defaults'),
    fine('database', 'path' in config.store ? config.store.path : String(maskConfig(config.store.url))),
    await checkPort(stateDir, config.server),
    ...(await checkAgents(host)),
    ...(await checkProviders(host, { env, offline })),
  ]
}

function unopened(error: unknown): Diagnosis {
  const message = error instanceof Error ? error.message : String(error)
  return bad('configuration and database', message, CliError.is(error) ? error.hint : null)
}

function print({ terminal, env }: Invocation, found: readonly Diagnosis[], json: boolean): void {
  const { out } = terminal
  if (json) {
    const ok = found.every(({ status }) => status !== 'fail')
    out.write(`${JSON.stringify({ ok, found })}\n`)
    return
  }
  const paint = createPaint(out.isTty, env)
  const colours = { ok: paint.green, warn: paint.yellow, fail: paint.red }
  for (const { status, subject, message, hint } of found) {
    out.write(`${colours[status](MARKS[status].padEnd(4))}  ${stripEscapes(`${subject}: ${message}`)}\n`)
    if (hint !== null) out.write(`      ${stripEscapes(hint)}\n`)
  }
}
