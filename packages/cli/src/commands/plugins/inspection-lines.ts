import type { Paint } from '../../display/paint.ts'
import { stripEscapes } from '../../display/strip-escapes.ts'
import type { InspectedHook, Inspection } from './inspect-plugin.ts'

/** What is known of a plugin, for a person: one line for each thing there is, nothing for what there is not. */
export function inspectionLines(plugin: Inspection, paint: Paint): readonly string[] {
  const { health, metrics, config } = plugin
  const rows: readonly (readonly [string, readonly string[]])[] = [
    ['status', [plugin.reason === null ? plugin.status : `${plugin.status}: ${plugin.reason}`]],
    ['about', given(plugin.description)],
    ['kind', given(plugin.kind)],
    ['from', given(plugin.origin)],
    ['contract', given(plugin.apiVersion)],
    ['permissions', plugin.permissions === null ? ['none declared'] : [JSON.stringify(plugin.permissions)]],
    ['needs', plugin.dependencies],
    ['needed by', plugin.dependents],
    ['hooks', plugin.hooks.map(hookLine)],
    ['tools', plugin.tools],
    ['routes', plugin.routes],
    ['middleware', plugin.middleware],
    ['tasks', plugin.tasks.map(({ name, schedule }) => `${name}, ${schedule}`)],
    ['commands', plugin.commands],
    ['checks', plugin.checks],
    ['reasoners', plugin.reasoners],
    ['providers', plugin.providers],
    ['agents', plugin.agents],
    ['logins', plugin.oauth],
    ['config', config.map(({ path, value, origin }) => `${path} = ${JSON.stringify(value)} (${origin})`)],
    ['health', health === null ? [] : [`${health.status}${health.output ? `: ${health.output}` : ''}`]],
    ['setup', plugin.setupMs === null ? [] : [`${plugin.setupMs.toFixed(1)} ms`]],
    [
      'calls',
      metrics === null
        ? []
        : [`${metrics.calls}, of which ${metrics.errors} failed, ${metrics.totalMs.toFixed(1)} ms`],
    ],
  ]
  const title = stripEscapes(`${plugin.name} ${plugin.version ?? ''}`.trim())
  return [paint.bold(title), ...rows.flatMap(([label, values]) => section(label, values, paint))]
}

function section(label: string, values: readonly string[], paint: Paint): readonly string[] {
  return values.map(
    (value, index) => `  ${paint.dim((index === 0 ? label : '').padEnd(11))}  ${stripEscapes(value)}`,
  )
}

function hookLine({ hook, order, timeoutMs, onError, position, of }: InspectedHook): string {
  const failure = onError === 'block' ? 'blocks when it fails' : 'is passed over when it fails'
  return `${ordinal(position)} of ${of} on ${hook} (${order}, at most ${timeoutMs} ms, ${failure})`
}

function ordinal(position: number): string {
  const suffixes: Readonly<Record<number, string>> = { 1: 'st', 2: 'nd', 3: 'rd' }
  const teen = position % 100 > 10 && position % 100 < 14
  return `${position}${teen ? 'th' : (suffixes[position % 10] ?? 'th')}`
}

function given(value: string | null): readonly string[] {
  return value === null || value === '' ? [] : [value]
}
