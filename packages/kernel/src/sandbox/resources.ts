import { PluginError } from '@agentproxy/plugin'

/** What a sandboxed plugin may use. */
export interface SandboxResources {
  /** Bytes, or a text such as `100MB`. Default 64 MB. */
  readonly memory?: number | string
  /** Share of one processor, such as `50%`. Default `50%`. */
  readonly cpu?: string
  /** Bytes of all it sends out in one second: results, logs, events, requests. Default 1 MiB. */
  readonly outputBytes?: number
  /** Events it may emit in one second. Default 100. */
  readonly eventsPerSecond?: number
  /** Milliseconds one call may take, what it waits for included. Default 5000. */
  readonly timeoutMs?: number
}

/** The same, read and complete. */
export interface SandboxLimits {
  readonly memoryBytes: number
  /** Above 0, at most 1. */
  readonly cpuShare: number
  readonly outputBytes: number
  readonly eventsPerSecond: number
  readonly timeoutMs: number
  /** Milliseconds the source and its setup may run. */
  readonly setupMs: number
}

const UNITS: Readonly<Record<string, number>> = {
  B: 1,
  KB: 1000,
  MB: 1000 ** 2,
  GB: 1000 ** 3,
  KIB: 1024,
  MIB: 1024 ** 2,
  GIB: 1024 ** 3,
}
/** Milliseconds the source and its setup have at least, in each of its lives: a start is no call. */
const LEAST_SETUP_MS = 1500
/** Less than this not even an empty engine fits in. */
const LEAST_MEMORY_BYTES = 1024 ** 2
const MOST_MEMORY_BYTES = 2 * 1024 ** 3

/** Reads the limits; throws PLUGIN_INVALID where one makes no sense. */
export function readLimits(plugin: string, resources: SandboxResources = {}): SandboxLimits {
  const invalid = (what: string): PluginError =>
    new PluginError('PLUGIN_INVALID', `sandboxed plugin ${plugin}: resources.${what}`, { plugin })
  const count = (name: 'outputBytes' | 'eventsPerSecond' | 'timeoutMs', standard: number): number => {
    const value = resources[name] ?? standard
    if (Number.isSafeInteger(value) && value > 0) return value
    throw invalid(`${name} must be a whole number above 0, not ${JSON.stringify(value)}`)
  }
  const memoryBytes = bytesOf(resources.memory ?? '64MB')
  if (!(memoryBytes >= LEAST_MEMORY_BYTES && memoryBytes <= MOST_MEMORY_BYTES))
    throw invalid(
      `memory must be from 1 MiB to 2 GiB, such as '100MB', not ${JSON.stringify(resources.memory)}`,
    )
  const cpuShare = shareOf(resources.cpu ?? '50%')
  if (!(cpuShare >= 0.01 && cpuShare <= 1))
    throw invalid(`cpu must be from '1%' to '100%', not ${JSON.stringify(resources.cpu)}`)
  const timeoutMs = count('timeoutMs', 5000)
  return {
    memoryBytes,
    cpuShare,
    outputBytes: count('outputBytes', 1024 ** 2),
    eventsPerSecond: count('eventsPerSecond', 100),
    timeoutMs,
    setupMs: Math.max(timeoutMs, LEAST_SETUP_MS),
  }
}

function bytesOf(value: number | string): number {
  if (typeof value === 'number') return Math.floor(value)
  const match = /^(\d+(?:\.\d+)?) ?([KMG]i?B|B)$/i.exec(value.trim())
  return match === null
    ? Number.NaN
    : Math.floor(Number(match[1]) * (UNITS[match[2]?.toUpperCase() ?? ''] ?? Number.NaN))
}

function shareOf(value: string): number {
  const match = /^(\d+(?:\.\d+)?) ?%$/.exec(value.trim())
  return match === null ? Number.NaN : Number(match[1]) / 100
}
