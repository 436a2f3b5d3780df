import type { CheckSpec } from '@agentproxy/plugin'
import type { CheckEntry } from './config.ts'

const DEFAULT_TIMEOUT_MS = 600_000

/** Checks from command lines or configuration entries; equal names get a number. */
export function toCheckSpecs(entries: readonly CheckEntry[]): readonly CheckSpec[] {
  const used = new Map<string, number>()
  return entries.map((entry) => {
    const written = typeof entry === 'string' ? { command: entry } : entry
    const wanted = 'name' in written && written.name ? written.name : written.command
    const times = (used.get(wanted) ?? 0) + 1
    used.set(wanted, times)
    return {
      name: times === 1 ? wanted : `${wanted} (${times})`,
      kind: 'command',
      command: written.command,
      required: 'required' in written ? written.required : true,
      timeoutMs: 'timeoutMs' in written ? written.timeoutMs : DEFAULT_TIMEOUT_MS,
    }
  })
}
