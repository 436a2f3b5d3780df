import type { IncomingHttpHeaders } from 'node:http'
import type { Logger, ModelError, ModelUsage, UpstreamResult } from '@agentproxy/plugin'
import type { Format, WriteOptions } from '@agentproxy/wire'
import type { Dispatcher } from 'undici'
import { failure } from '../exchange/failure.ts'
import type { Exchange } from '../exchange/exchange.ts'
import type { AttemptFailure } from '../exchange/remedy.ts'
import type { CommitPoint } from '../routing/routing-options.ts'
import type { UpstreamHead } from './answer-headers.ts'
import type { ClientAnswer } from './client-answer.ts'
import { FlowGate } from './flow-gate.ts'
import type { Flow } from './flow-gate.ts'
import { KeptAnswer } from './kept-answer.ts'
import { openSink } from './open-sink.ts'
import { failAnswer, tellFailure } from './scene.ts'
import type { BodySink, Scene } from './scene.ts'
import { isStaleConnection } from './stale-connection.ts'
import type { Rescue } from '../rescue/rescue.ts'
import { firstTokenTimeout, upstreamFailure } from './upstream-failure.ts'
import type { UpstreamTarget } from './upstream-pools.ts'

/** A request as it goes to an upstream. */
export interface UpstreamRequest {
  readonly target: UpstreamTarget
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
  /** The key that is in `headers`, so that it can be taken out of what the upstream says. */
  readonly secret: string | null
  /** The name of the upstream's provider. */
  readonly provider: string
  readonly format: Format
  /** What of the request the answer's writer must know, where the answer is translated. */
  readonly writing: WriteOptions
}

export interface RelayOptions {
  readonly exchange: Exchange
  readonly answer: ClientAnswer
  readonly request: UpstreamRequest
  readonly answerBytes: number
  readonly commit: CommitPoint
  /** null = a stream that breaks after the commit point is not continued. */
  readonly rescue: Rescue | null
  /** Longest wait for the first content, in milliseconds; null = for as long as the other limits let it. */
  readonly firstTokenMs: number | null
  readonly log: Logger
  /** Told of the answer's head, whatever its status. */
  onHead(head: UpstreamHead): void
  /**
   * The call failed. true = another attempt follows, so the client is not told.
   */
  onFailure(failure: AttemptFailure): boolean
}

/** How a call ended: the exchange is over, be it well or not, or it failed and another attempt follows. */
export interface RelayOutcome {
  readonly result: Exclude<UpstreamResult, ResponseResult>
  /** What went wrong, if the upstream did; also where the client was told. */
  readonly failure: AttemptFailure | null
}

type ResponseResult = Extract<UpstreamResult, { kind: 'response' }>

/** How long an upstream may take to end a body that has said all. */
const LINGER_MS = 1_000
const NO_FLOW: Flow = { pause() {}, resume() {} }

/**
 * One upstream call whose answer goes straight to the client. It is the handler that undici drives: bytes go from the
 * upstream's socket to the client's without a stream, a promise or a copy between them.
 */
export class Relay implements Dispatcher.DispatchHandler {
  readonly #options: RelayOptions
  #controller: Dispatcher.DispatchController | null = null
  #sink: BodySink | null = null
  #upstreamDone = false
  #used = false
  #kept: KeptAnswer | null = null
  #failure: AttemptFailure | null = null
  /** It failed, and another attempt follows. */
  #yielded = false
  #firstTokenTimer: NodeJS.Timeout | undefined
  #lingerTimer: NodeJS.Timeout | undefined
  #begunMs = 0
  readonly #finished: Promise<RelayOutcome>
  #finish: () => void = () => {}

  constructor(options: RelayOptions) {
    this.#options = options
    const closed = new Promise<void>((resolve) => {
      this.#finish = resolve
    })
    // Read a moment later: the last bytes go out after the exchange has ended.
    this.#finished = closed.then(() => this.#outcome())
    options.exchange.onEnd(() => this.#close())
  }

  /** Whether an answer was begun, by the upstream or in its place. */
  get used(): boolean {
    return this.#used
  }

  /** Calls the upstream. The answer goes to the client without further ado. Never rejects but for a second call. */
  run(): Promise<RelayOutcome> {
    if (this.#used) {
      return Promise.reject(
        new Error('upstream.call: next() was called twice; an answer can be relayed only once'),
      )
    }
    const { request, exchange, firstTokenMs } = this.#options
    this.#used = true
    this.#begunMs = exchange.elapsedMs
    if (firstTokenMs !== null) {
      this.#firstTokenTimer = setTimeout(() => {
        const { error, reason } = firstTokenTimeout(request.provider)
        this.fail(error, reason)
      }, firstTokenMs)
    }
    try {
      const { target, path, headers, body } = request
      target.pool.dispatch({ method: 'POST', path, headers, body }, this)
    } catch (error) {
      this.onResponseError(null, error)
    }
    return this.#finished
  }

  /** Takes a plugin's answer as if the upstream had given it. */
  substitute({ status, headers, body }: ResponseResult): Promise<RelayOutcome> {
    this.#used = true
    this.#upstreamDone = true
    const lower = Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
    )
    const { answer, exchange } = this.#options
    for (const [name, value] of Object.entries(lower)) {
      if (name.startsWith('x-agentproxy-')) answer.setHeader(name, value)
    }
    exchange.fromCache = lower['x-agentproxy-cache'] === 'hit'
    const sink = this.#open({ status, headers: { 'content-type': 'application/json', ...lower } }, NO_FLOW)
    if (sink !== null)
      this.#guard(() => {
        sink.data(Buffer.from(body))
        if (!this.#over()) sink.end()
      })
    return this.#finished
  }

  /** Settles as `run` did. */
  get finished(): Promise<RelayOutcome> {
    return this.#finished
  }

  /** Gives up on the call: the client is told, or another attempt follows; the upstream is let go. */
  fail(error: ModelError, reason: string): void {
    if (this.#over()) return
    if (this.#sink !== null) this.#sink.fail(error, reason)
    else failAnswer(this.#scene(NO_FLOW), error, reason)
  }

  usage(): ModelUsage | null {
    return this.#sink?.usage() ?? null
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    if (this.#over()) this.#letGo()
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: IncomingHttpHeaders,
  ): void {
    if (status < 200 || this.#over()) return
    const { exchange, answerBytes } = this.#options
    this.#options.onHead({ status, headers })
    if (exchange.live.upstreamAnswerNeeded) this.#kept = new KeptAnswer({ status, headers }, answerBytes)
    this.#sink = this.#open({ status, headers }, controller)
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#sink === null || this.#over()) return
    this.#options.exchange.markFirstByte()
    this.#kept?.push(chunk)
    try {
      this.#sink.data(chunk)
    } catch (error) {
      this.#failInside(error)
    }
  }

  onResponseEnd(): void {
    this.#upstreamIsDone()
    this.#guard(() => {
      if (!this.#over()) this.#sink?.end()
    })
  }

  onResponseError(_controller: Dispatcher.DispatchController | null, cause: unknown): void {
    this.#upstreamIsDone()
    if (this.#over()) return
    const { error, reason } = upstreamFailure(cause, this.#options.request.provider)
    if (this.#sink !== null || !isStaleConnection(cause)) {
      this.fail(error, reason)
      return
    }
    const tell = (): void => tellFailure(this.#options, { error, reason })
    this.#take({ error, reason, staleConnection: true, tell })
  }

  readonly #guard = (step: () => void): void => {
    try {
      step()
    } catch (error) {
      this.#failInside(error)
    }
  }

  #failInside(cause: unknown): void {
    const { exchange, answer, log } = this.#options
    log.error('Relaying an answer failed inside the gateway', {
      exchangeId: exchange.id,
      error: cause instanceof Error ? cause.stack : String(cause),
    })
    const message = `The gateway failed. Its log tells why, under ${exchange.id}.`
    if (exchange.ended) answer.drop()
    else this.fail(failure('internal', message), 'internal')
  }

  readonly #take = (failed: AttemptFailure): void => {
    if (this.#over()) return
    this.#failure = failed
    if (!this.#options.onFailure(failed)) {
      failed.tell()
      return
    }
    this.#yielded = true
    this.#close()
  }

  readonly #over = (): boolean => this.#yielded || this.#options.exchange.ended

  readonly #firstToken = (): void => {
    clearTimeout(this.#firstTokenTimer)
  }

  /** Nothing more is wanted of the upstream. */
  #close(): void {
    this.#firstToken()
    // An upstream whose last event came ends its body in a moment, and the connection serves again.
    if (this.#options.exchange.outcome !== 'completed') this.#letGo()
    else if (!this.#upstreamDone) this.#lingerTimer = setTimeout(() => this.#letGo(), LINGER_MS).unref()
    this.#finish()
  }

  #upstreamIsDone(): void {
    this.#upstreamDone = true
    clearTimeout(this.#lingerTimer)
  }

  #outcome(): RelayOutcome {
    const { exchange, answer } = this.#options
    const failed = this.#failure
    const durationMs = exchange.elapsedMs - this.#begunMs
    if (failed !== null && this.#yielded) {
      const { error, reason } = failed
      return { failure: failed, result: { kind: 'failed', status: error.status, reason, durationMs } }
    }
    const kept = this.#kept?.toResult()
    return {
      failure: failed,
      result: {
        kind: 'relayed',
        status: answer.status ?? 499,
        usage: exchange.usage,
        durationMs,
        ...kept,
      },
    }
  }

  #letGo(): void {
    if (!this.#upstreamDone) this.#controller?.abort(new Error('nothing more of this answer is wanted'))
  }

  #scene(flow: Flow): Scene {
    const { exchange, answer, answerBytes, commit } = this.#options
    return {
      exchange,
      answer,
      answerBytes,
      commit,
      flow: new FlowGate(flow),
      over: this.#over,
      firstToken: this.#firstToken,
      fail: this.#take,
      guard: this.#guard,
    }
  }

  #open(head: UpstreamHead, flow: Flow): BodySink | null {
    const { request, rescue } = this.#options
    return openSink(this.#scene(flow), { head, request, rescue })
  }
}
