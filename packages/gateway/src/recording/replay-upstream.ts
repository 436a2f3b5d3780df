import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Dispatcher } from 'undici'
import { GatewayError } from '../errors.ts'
import { apiPath, firstDifference, matchKey, normalise, readBody } from './match-key.ts'
import type { Asked } from './match-key.ts'
import { playAnswer } from './play-answer.ts'
import type { PlayedAnswer } from './play-answer.ts'
import { readChunk } from './recording.ts'
import type { Recording } from './recording.ts'
import type { UpstreamLink } from './upstream-link.ts'

interface Known {
  readonly file: string
  readonly recording: Recording
  readonly body: unknown
}

/**
 * Answers from recordings, and calls nobody. The same request asked again gets the next recording of it, the last one
 * over and over. Throws `RECORDING_UNREADABLE`.
 */
export async function createReplay(folder: string): Promise<UpstreamLink> {
  const all = await readRecordings(folder)
  const byKey = new Map<string, Known[]>()
  for (const known of all) {
    const { key } = known.recording
    byKey.set(key, [...(byKey.get(key) ?? []), known])
  }
  for (const [key, list] of byKey) byKey.set(key, preferWhole(list))
  const played = new Map<string, number>()
  return {
    dispatch({ method, path, body }, handler: Dispatcher.DispatchHandler) {
      const asked = { method, path: apiPath(path), body: readBody(body) }
      const key = matchKey(asked)
      const list = byKey.get(key) ?? []
      const count = played.get(key) ?? 0
      played.set(key, count + 1)
      const known = list[Math.min(count, list.length - 1)]
      playAnswer(known === undefined ? missing(folder, asked, all) : toAnswer(known.recording), handler)
      return true
    },
  }
}

async function readRecordings(folder: string): Promise<readonly Known[]> {
  const unreadable = (what: string, cause?: unknown): GatewayError =>
    new GatewayError(
      'RECORDING_UNREADABLE',
      `${what}. Record it with: agentproxy serve --record ${folder}`,
      cause,
    )
  const names = await readdir(folder).catch((cause: unknown) => {
    throw unreadable(`The folder of recordings ${folder} cannot be read`, cause)
  })
  const files = names.filter((name) => name.endsWith('.json') && !name.startsWith('.')).toSorted()
  if (files.length === 0) throw unreadable(`There is no recording in ${folder}`)
  return Promise.all(
    files.map(async (file) => {
      try {
        const recording = JSON.parse(await readFile(join(folder, file), 'utf8')) as Recording
        if (recording.version !== 1) throw new Error('its version is not 1')
        // The key is made anew: a file may have been edited, and what counts as the same may have changed.
        const { method, path, body } = recording.request
        const key = matchKey({ method, path, body })
        if (!Array.isArray(recording.answer.chunks)) throw new Error('it has no answer')
        return { file, recording: { ...recording, key }, body: normalise(body) }
      } catch (cause) {
        throw unreadable(`${join(folder, file)} is no recording: ${(cause as Error).message}`, cause)
      }
    }),
  )
}

function preferWhole(list: Known[]): Known[] {
  const whole = list.filter(({ recording }) => recording.answer.ended === 'whole')
  return whole.length > 0 ? whole : list
}

function toAnswer({ answer }: Recording): PlayedAnswer {
  return {
    status: answer.status,
    headers: answer.headers,
    chunks: answer.chunks.map(readChunk),
    isBroken: answer.ended === 'broken',
  }
}

/** What is asked was never recorded: 404, in the upstream's dialect, naming what comes nearest. */
function missing(folder: string, asked: Asked, all: readonly Known[]): PlayedAnswer {
  const body = normalise(asked.body)
  const near = nearest(asked, body, all)
  const hint =
    near === null
      ? 'nothing was recorded for this path'
      : `the nearest is ${near.file}, which differs at ${firstDifference(body, near.body) ?? 'the path'}`
  const message = `No recording in ${folder} answers ${asked.method} ${asked.path}: ${hint}. Record it with --record.`
  return {
    status: 404,
    headers: { 'content-type': 'application/json' },
    chunks: [Buffer.from(JSON.stringify(errorBody(asked.path, message)))],
    isBroken: false,
  }
}

function nearest(asked: Asked, body: unknown, all: readonly Known[]): Known | null {
  const text = JSON.stringify(body)
  const candidates = all.filter(({ recording }) => recording.request.path === asked.path)
  let best: { readonly known: Known; readonly shared: number } | null = null
  for (const known of candidates) {
    const shared = sharedEnds(text, JSON.stringify(known.body))
    if (best === null || shared > best.shared) best = { known, shared }
  }
  return best?.known ?? null
}

/** How many characters two texts share at their beginnings and ends. */
function sharedEnds(a: string, b: string): number {
  const most = Math.min(a.length, b.length)
  let head = 0
  while (head < most && a[head] === b[head]) head += 1
  let tail = 0
  while (tail < most - head && a.at(-1 - tail) === b.at(-1 - tail)) tail += 1
  return head + tail
}

function errorBody(path: string, message: string): unknown {
  if (/:(?:stream)?generateContent$/i.test(path))
    return { error: { code: 404, status: 'NOT_FOUND', message } }
  const error = { type: 'not_found_error', message }
  if (path.endsWith('/messages')) return { type: 'error', error }
  return { error: { ...error, param: null, code: 'recording_not_found' } }
}
