import { listModels as listProviderModels, missingKeys } from '../app/models.ts'
import type { GlobalFlags, Invocation } from '../args/invocation.ts'
import { createPaint } from '../display/paint.ts'
import { stripEscapes } from '../display/strip-escapes.ts'
import { withApp } from './with-app.ts'

export interface ModelsFlags extends GlobalFlags {
  readonly json?: boolean
}

interface ModelRow {
  readonly name: string
  readonly displayName: string | null
  readonly simulated: boolean
  /** Variables of which one must be set, and none is. */
  readonly missingKeys: readonly string[]
  /** For an alias: what it stands for, tried in order. */
  readonly targets: readonly string[] | null
}

/** What `--model` may name. */
export function listModels(invocation: Invocation, flags: ModelsFlags): Promise<number> {
  const { env } = invocation
  const options = { command: 'models', plugins: 'providers', runTasks: false } as const
  return withApp(invocation, flags, options, async (app, config) => {
    const rows: ModelRow[] = Object.entries(config.models).map(([name, targets]) => ({
      name,
      displayName: null,
      simulated: false,
      missingKeys: [],
      targets,
    }))
    for (const { value: provider } of app.plugins.live.providers.values()) {
      const missing = missingKeys(provider, env)
      for (const model of await listProviderModels(provider)) {
        const name = `${provider.name}/${model.id}`
        const displayName = model.displayName ?? null
        rows.push({ name, displayName, simulated: provider.simulated, missingKeys: missing, targets: null })
      }
    }
    print(invocation, rows, flags.json ?? false)
    return 0
  })
}

function print({ terminal, env }: Invocation, rows: readonly ModelRow[], json: boolean): void {
  if (json) {
    for (const row of rows) terminal.out.write(`${JSON.stringify(row)}\n`)
    return
  }
  const paint = createPaint(terminal.out.isTty, env)
  const columns = Math.max(0, ...rows.map(({ name }) => name.length))
  for (const row of rows) {
    const notes = [
      ...(row.targets === null ? [] : [`alias of ${row.targets.join(', ')}`]),
      ...(row.displayName === null ? [] : [row.displayName]),
      ...(row.simulated ? ['simulated'] : []),
      ...(row.missingKeys.length === 0 ? [] : [`needs ${row.missingKeys.join(' or ')}`]),
    ]
    const line = `${stripEscapes(row.name.padEnd(columns))}  ${paint.dim(stripEscapes(notes.join('; ')))}`
    terminal.out.write(`${line.trimEnd()}\n`)
  }
}
