import type { SandboxLimits } from './resources.ts'

/** Why a guest was ended. `protocol`: it sent what no honest guest sends. `crash`: its engine broke. */
export type SandboxLimit = 'memory' | 'cpu' | 'time' | 'output' | 'events' | 'protocol' | 'crash'

export interface EngineOptions {
  readonly plugin: string
  /** An ES module that imports nothing. */
  readonly source: string
  readonly limits: SandboxLimits
}

/** What an engine tells. Texts are the guest's: whatever is in them may be a lie. */
export interface EngineEvents {
  message(text: string): void
  /** At most once; nothing comes after it. */
  ended(limit: SandboxLimit, detail: string): void
}

export interface EngineUsage {
  readonly memoryBytes: number
  readonly cpuMs: number
}

/** One running guest. */
export interface Engine {
  send(text: string): void
  /** Sends what a guest answers with a message of its own: that one does not count as said unasked. */
  ask(text: string): void
  usage(): EngineUsage
  /** Ends the guest, whatever it is doing; nothing of it is left when this settles. */
  end(): Promise<void>
}

/** Starts a guest; it is up when its first message comes. */
export type StartEngine = (options: EngineOptions, events: EngineEvents) => Promise<Engine>
