import type { LossReport } from './loss.ts'
import type { ModelError, ModelEvent, ModelUsage } from './model/event.ts'
import type { WireFormat } from './model/format-name.ts'
import type { ModelRequest, ModelTool } from './model/request.ts'

export interface ReadStreamOptions {
  /** Longest line taken, in bytes; a longer one ends the stream with an error. Default 16 MiB. */
  readonly maxLineBytes?: number
}

/** Turns the bytes of a stream into events, however they are cut. */
export interface StreamReader {
  push(chunk: Uint8Array): ModelEvent[]
  /** Call once when the bytes end. Without the format's terminal event before, this yields an `error` of type `truncated`. */
  end(): ModelEvent[]
}

/** Turns events into the text of a stream, in the legal order of the format. */
export interface StreamWriter {
  write(event: ModelEvent): string
  /** A comment or ping that keeps the connection alive; legal between any two events. */
  keepAlive(): string
}

export interface WriteOptions {
  /** Name the client asked for; replaces the upstream's in the answer. */
  readonly model?: string
  /** Seconds since 1970, for formats that carry it. Default: now. */
  readonly created?: number
  /** `openai-responses`: number of the next event; shared with whoever continues a stream that others began. Default: from 0. */
  readonly sequence?: { next: number }
  /** `openai-chat`: whether the client asked for a usage chunk (`stream_options.include_usage`). Default true. */
  readonly includeUsage?: boolean
  /** The tools of the request, so that calls name them as the client does and freeform tools get plain text. */
  readonly tools?: readonly ModelTool[] | undefined
  /** `openai-chat`: the client knows `function_call` only (`ModelRequest.legacyFunctions`). */
  readonly legacyFunctions?: boolean | undefined
}

/** One wire format: a reader and a writer for request, JSON answer, stream and error. */
export interface Format {
  readonly name: WireFormat
  /**
   * Throws `WireReadError` with a JSON pointer when the document is not a request of this format. `gemini` says model and
   * stream in the URL, not here: they are '' and false in the result, for the caller to fill in (a request is plain data).
   */
  readRequest(body: unknown, loss: LossReport): ModelRequest
  /** `gemini`: without model and stream, which belong in the URL. */
  writeRequest(request: ModelRequest, loss: LossReport): Record<string, unknown>
  /** A JSON answer as the events its stream would have had; ends in `end`, or `error` if it is no valid answer. */
  readResponse(body: unknown): ModelEvent[]
  /** Folds events into a JSON answer. Throws if they end in an `error`: write that with `writeError`. */
  writeResponse(
    events: readonly ModelEvent[],
    loss: LossReport,
    options?: WriteOptions,
  ): Record<string, unknown>
  createStreamReader(options?: ReadStreamOptions): StreamReader
  createStreamWriter(loss: LossReport, options?: WriteOptions): StreamWriter
  /** Reads an error answer; `body` is whatever came, also HTML or nothing. */
  readError(status: number, headers: Readonly<Record<string, string>>, body: string): ModelError
  /** The body of an error answer in this format. */
  writeError(error: ModelError): Record<string, unknown>
  /** Usage of a JSON answer; null when it says none. */
  readUsage(body: unknown): ModelUsage | null
  /**
   * Whether a line of a stream, or several, may bear on usage or on how the stream ends. May say yes too often, never no wrongly:
   * what it lets through is read as a stream by itself.
   */
  mattersToUsage(lines: Buffer): boolean
}
