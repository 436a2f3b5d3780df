import type { Logger } from '@agentproxy/plugin'
import { createRecorder } from './record-upstream.ts'
import { createReplay } from './replay-upstream.ts'
import type { UpstreamLink } from './upstream-link.ts'

/** `record`: upstream calls are written to a folder. `replay`: they are answered from it, and no upstream is called. */
export interface RecordingOptions {
  readonly mode: 'record' | 'replay'
  readonly folder: string
}

export interface OpenRecording {
  /** Where calls go instead of, or on their way to, an upstream's connections. */
  link(this: void, pool: () => UpstreamLink): UpstreamLink
  /** When all is written. */
  settled(this: void): Promise<void>
}

/** Throws `RECORDING_UNREADABLE`. */
export async function openRecording({ mode, folder }: RecordingOptions, log: Logger): Promise<OpenRecording> {
  if (mode === 'replay') {
    const replay = await createReplay(folder)
    return { link: () => replay, settled: async () => {} }
  }
  const recorder = await createRecorder(folder, log)
  return { link: (pool) => recorder.wrap(pool()), settled: () => recorder.settled() }
}

/** In replay no key is needed, so none is read: nothing could be sent with it. */
export const NO_KEYS: Readonly<Record<string, string>> = new Proxy({}, { get: () => 'replayed' })
