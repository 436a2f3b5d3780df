import type { PluginDefinition, PluginError } from '@agentproxy/plugin'
import { boot } from '../lifecycle/boot.ts'
import type { BootCandidate } from '../lifecycle/boot.ts'
import { infoOf } from '../lifecycle/plugin-record.ts'
import type { PluginInfo } from '../lifecycle/plugin-record.ts'
import type { PluginLifecycle } from '../lifecycle/plugin-lifecycle.ts'
import type { Registry } from '../lifecycle/registry.ts'
import { isWanted, unexpectedName } from './discover.ts'
import type { Discovery, FoundPlugin, PluginSources } from './discover.ts'
import { loadFailure } from './load-failure.ts'

export interface FailedPlugin {
  readonly name: string
  readonly origin: string
  readonly code: PluginError['code']
  readonly reason: string
}

/** What came of looking for plugins and loading them. */
export interface LoadReport {
  readonly loaded: readonly PluginInfo[]
  readonly failed: readonly FailedPlugin[]
  /** One name found twice: the first origin was taken. */
  readonly duplicates: readonly { readonly name: string; readonly taken: string; readonly ignored: string }[]
  /** Left out by `enabled` or `disabled`. */
  readonly disabled: readonly string[]
  /** Names in `config`, `enabled` and `disabled` that no plugin has. */
  readonly unknown: readonly string[]
}

type Source = BootCandidate['source']

/** What reading the sources gave, before anything is loaded. */
class Reading {
  readonly candidates = new Map<string, BootCandidate>()
  readonly failed: FailedPlugin[] = []
  readonly duplicates: { readonly name: string; readonly taken: string; readonly ignored: string }[] = []
  readonly disabled = new Set<string>()

  fail(name: string, source: Source, error: PluginError): void {
    this.failed.push({ name, origin: source.origin, code: error.code, reason: error.message })
  }

  /** Whether a name may still be taken; if not, notes why. */
  admits(name: string, source: Source, sources: PluginSources): boolean {
    const taken = this.candidates.get(name)
    if (!isWanted(name, sources)) this.disabled.add(name)
    else if (taken !== undefined)
      this.duplicates.push({ name, taken: taken.source.origin, ignored: source.origin })
    else return true
    return false
  }
}

export interface LoadTarget {
  readonly lifecycle: PluginLifecycle
  readonly registry: Registry
}

/** Reads what was found, and loads what the filters of the sources let through. A broken one never stops another. */
export async function loadAll(
  { found, broken }: Discovery,
  sources: PluginSources,
  { lifecycle, registry }: LoadTarget,
): Promise<LoadReport> {
  const reading = new Reading()
  const fail = (name: string, source: Source, error: PluginError): void => {
    lifecycle.fail(name, source, error)
    reading.fail(name, source, error)
  }
  for (const { source, error } of broken) fail(source.name, source, error)
  const reads = startReads(found, sources)
  for (const one of found) {
    try {
      await readCandidate(one, sources, { reading, read: reads.get(one) ?? (() => one.source.read()) })
    } catch (thrown) {
      fail(one.expectedName ?? one.source.name, one.source, loadFailure(one.source.origin, thrown))
    }
  }

  const { candidates, failed, duplicates, disabled } = reading
  const problems = await boot([...candidates.values()], lifecycle, registry)
  const loaded: PluginInfo[] = []
  for (const [name, { source }] of candidates) {
    const problem = problems.get(name)
    if (problem === undefined) loaded.push(infoOf(registry.find(name)))
    else reading.fail(name, source, problem)
  }
  const known = new Set([...candidates.keys(), ...disabled, ...failed.map(({ name }) => name)])
  return {
    loaded,
    failed,
    duplicates,
    disabled: [...disabled],
    unknown: unknownNames(sources, known),
  }
}

type Read = () => Promise<PluginDefinition>

/** Those that tell their name only when they are read are read side by side; the others when it is their turn. */
function startReads(found: readonly FoundPlugin[], sources: PluginSources): ReadonlyMap<FoundPlugin, Read> {
  const unnamed = found.filter(
    ({ source, expectedName }) => expectedName === null && sources.disabled?.includes(source.name) !== true,
  )
  return new Map(
    unnamed.map((one) => {
      const reading = one.source.read()
      // Told when it is its turn.
      reading.catch(() => {})
      return [one, () => reading]
    }),
  )
}

interface Turn {
  readonly reading: Reading
  readonly read: Read
}

async function readCandidate(one: FoundPlugin, sources: PluginSources, turn: Turn): Promise<void> {
  const { reading, read } = turn
  const { source, expectedName } = one
  // What is not wanted is not even run, as far as its name is known beforehand.
  if (expectedName !== null && !reading.admits(expectedName, source, sources)) return
  if (sources.disabled?.includes(source.name) === true) {
    reading.disabled.add(source.name)
    return
  }
  const definition = await read()
  const { name } = definition
  const wrongName = unexpectedName(one, name)
  if (wrongName !== null) throw wrongName
  if (!reading.admits(name, source, sources)) return
  reading.candidates.set(name, { definition, source, config: one.config ?? sources.config?.[name] })
}

function unknownNames(sources: PluginSources, known: ReadonlySet<string>): readonly string[] {
  const { config = {}, enabled = [], disabled = [] } = sources
  const mentioned = new Set([...Object.keys(config), ...enabled, ...disabled])
  return [...mentioned].filter((name) => !known.has(name))
}
