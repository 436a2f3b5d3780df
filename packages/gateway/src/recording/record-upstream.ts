import { randomUUID } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Logger } from '@agentproxy/plugin'
import type { Dispatcher } from 'undici'
import { answerHeaders } from '../relay/answer-headers.ts'
import { redact } from '../relay/redact.ts'
import { apiPath, matchKey, readBody } from './match-key.ts'
import { KEPT_REQUEST_HEADERS, writeChunk } from './recording.ts'
import type { Recording } from './recording.ts'
import type { UpstreamDispatch, UpstreamLink } from './upstream-link.ts'

export interface Recorder {
  /** The same link, with a record of what goes by. */
  wrap(link: UpstreamLink): UpstreamLink
  /** When all records are written. */
  settled(): Promise<void>
}

/** Largest answer that is recorded. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024

/** Writes each upstream call into a file of its own. A file that cannot be written is told, and harms no call. */
export async function createRecorder(folder: string, log: Logger): Promise<Recorder> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const writing = new Set<Promise<void>>()
  const save = (recording: Recording): void => {
    const written = writeRecording(folder, recording)
      .catch((error: unknown) =>
        log.warn('A recording could not be written', { folder, reason: (error as Error).message }),
      )
      .finally(() => writing.delete(written))
    writing.add(written)
  }
  return {
    wrap: (link) => ({
      dispatch: (request, handler) => link.dispatch(request, new RecordingHandler(request, handler, save)),
    }),
    settled: async () => void (await Promise.all(writing)),
  }
}

/** Whole or not at all, and for its owner alone. */
async function writeRecording(folder: string, recording: Recording): Promise<void> {
  const name = `${recording.at.replace(/[-:.]/g, '')}-${recording.key.slice(0, 8)}-${randomUUID().slice(0, 8)}`
  const draft = join(folder, `.${name}.draft`)
  try {
    await writeFile(draft, `${JSON.stringify(recording, null, 2)}\n`, { mode: 0o600, flag: 'wx' })
    await rename(draft, join(folder, `${name}.json`))
  } catch (error) {
    await rm(draft, { force: true })
    throw error
  }
}

type ChunkAt = readonly [bytes: Buffer, afterMs: number]

/** Hands everything on as it comes, and keeps a copy. */
class RecordingHandler implements Dispatcher.DispatchHandler {
  readonly #request: UpstreamDispatch
  readonly #inner: Dispatcher.DispatchHandler
  readonly #save: (recording: Recording) => void
  readonly #at = new Date()
  readonly #start = performance.now()
  #head: { readonly status: number; readonly headers: IncomingHttpHeaders } | null = null
  #chunks: ChunkAt[] = []
  #bytes = 0

  constructor(
    request: UpstreamDispatch,
    inner: Dispatcher.DispatchHandler,
    save: (recording: Recording) => void,
  ) {
    this.#request = request
    this.#inner = inner
    this.#save = save
  }

  onRequestStart(controller: Dispatcher.DispatchController, context: unknown): void {
    this.#inner.onRequestStart?.(controller, context)
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: IncomingHttpHeaders,
    statusMessage?: string,
  ): void {
    if (status >= 200) this.#head = { status, headers }
    this.#inner.onResponseStart?.(controller, status, headers, statusMessage)
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#bytes += chunk.length
    if (this.#bytes <= MAX_ANSWER_BYTES)
      this.#chunks.push([chunk, Math.round(performance.now() - this.#start)])
    this.#inner.onResponseData?.(controller, chunk)
  }

  onResponseEnd(controller: Dispatcher.DispatchController, trailers: IncomingHttpHeaders): void {
    this.#finish('whole')
    this.#inner.onResponseEnd?.(controller, trailers)
  }

  onResponseError(controller: Dispatcher.DispatchController, error: Error): void {
    this.#finish(controller?.aborted ? 'abandoned' : 'broken')
    this.#inner.onResponseError?.(controller, error)
  }

  #finish(ended: Recording['answer']['ended']): void {
    // What never answered cannot be played, and what is too large would be played cut short.
    if (this.#head === null || this.#bytes > MAX_ANSWER_BYTES) return
    const { method, path, headers, body } = this.#request
    const secrets = secretsOf(headers)
    const clean = (text: string): string => secrets.reduce((rest, secret) => redact(rest, secret), text)
    const asked = {
      method,
      path: apiPath(path),
      body: readBody(Buffer.from(clean(body.toString()))),
    }
    this.#save({
      version: 1,
      key: matchKey(asked),
      at: this.#at.toISOString(),
      request: {
        ...asked,
        headers: Object.fromEntries(
          Object.entries(headers).filter(([name]) => KEPT_REQUEST_HEADERS.has(name)),
        ),
      },
      answer: {
        status: this.#head.status,
        headers: cleanHeaders(answerHeaders(this.#head, { as: 'same-format' }), clean),
        chunks: cleanChunks(this.#chunks, clean).map(([bytes, afterMs]) => writeChunk(bytes, afterMs)),
        ended,
      },
    })
  }
}

/** The credential, bare and as sent: whatever header it is in, it is none of those that are kept. */
function secretsOf(headers: UpstreamDispatch['headers']): readonly string[] {
  return Object.entries(headers).flatMap(([name, value]) => {
    if (!/auth|key|token|cookie|secret/i.test(name)) return []
    return [value, value.replace(/^\w+ +/, '')].filter((secret) => secret.length >= 8)
  })
}

function cleanHeaders(headers: Readonly<Record<string, string>>, clean: (text: string) => string) {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, clean(value)]))
}

/** Bytes stay as they are, unless the upstream repeats the credential: then all are one chunk, for it may lie across two. */
function cleanChunks(chunks: readonly ChunkAt[], clean: (text: string) => string): readonly ChunkAt[] {
  const text = Buffer.concat(chunks.map(([bytes]) => bytes)).toString()
  const cleaned = clean(text)
  return cleaned === text ? chunks : [[Buffer.from(cleaned), chunks.at(-1)?.[1] ?? 0]]
}
