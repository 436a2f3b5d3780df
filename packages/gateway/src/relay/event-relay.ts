import type { HookSlots } from '@agentproxy/kernel'
import type { ModelError, ModelEvent, ModelUsage } from '@agentproxy/plugin'
import { mergeUsage } from '@agentproxy/wire'
import type { StreamReader } from '@agentproxy/wire'
import { failure } from '../exchange/failure.ts'
import { CallGate } from '../tool-calls/call-gate.ts'
import type { Judged } from '../tool-calls/call-gate.ts'
import { isContent } from './commit.ts'
import type { EventOut } from './event-out.ts'
import { failAnswer } from './scene.ts'
import type { BodySink, Scene } from './scene.ts'

type StreamEventHook = HookSlots['stream.event']
type Verdict = Awaited<ReturnType<NonNullable<StreamEventHook>>>

/** An answer that is read event by event: to translate it, or because a `stream.event` handler listens. */
export class EventRelay implements BodySink {
  readonly #scene: Scene
  readonly #reader: StreamReader
  readonly #out: EventOut
  readonly #hook: StreamEventHook
  readonly #gate: CallGate | null
  /** Events that wait for a handler's answer, in order; null when none is awaited. */
  #waiting: ModelEvent[] | null = null
  #usage: ModelUsage | null = null

  constructor(scene: Scene, reader: StreamReader, out: EventOut) {
    this.#scene = scene
    this.#reader = reader
    this.#out = out
    const { exchange } = scene
    this.#hook = exchange.live.hooks['stream.event']
    this.#gate = exchange.live.hooks['tool.call'] === null ? null : new CallGate(exchange, scene.answerBytes)
  }

  data(chunk: Buffer): void {
    this.#take(this.#reader.push(chunk))
  }

  end(): void {
    this.#take(this.#reader.end())
  }

  fail(error: ModelError, reason: string): void {
    this.#scene.exchange.usage = this.#usage
    // What came before the failure is the client's, and so is known to have been sent.
    if (this.#scene.answer.started) this.#out.flush()
    failAnswer(this.#scene, error, reason)
  }

  usage(): ModelUsage | null {
    return this.#usage
  }

  #take(events: readonly ModelEvent[]): void {
    if (this.#waiting !== null) {
      this.#waiting.push(...events)
      return
    }
    for (const [index, event] of events.entries()) {
      if (this.#scene.over()) return
      const passed = this.#pass(event)
      if (passed instanceof Promise) {
        this.#await(passed, events.slice(index + 1))
        return
      }
      this.#apply(passed)
    }
    if (!this.#scene.over()) this.#out.flush()
  }

  /** What handlers and the gate before tool calls make of an event. */
  #pass(event: ModelEvent): Judged | Promise<Judged> {
    if (this.#hook === null) return this.#judge(event)
    const verdict = this.#hook({ exchangeId: this.#scene.exchange.id, event })
    return verdict instanceof Promise
      ? verdict.then((settled) => this.#afterHook(settled))
      : this.#afterHook(verdict)
  }

  #afterHook(verdict: Verdict): Judged | Promise<Judged> {
    if (!verdict.blocked) return this.#judge(verdict.payload.event)
    const message = `Blocked by the plugin "${verdict.plugin}": ${verdict.reason}`
    return { refused: { message, reason: `blocked: ${verdict.reason}` } }
  }

  #judge(event: ModelEvent): Judged | Promise<Judged> {
    return this.#gate === null ? { events: [event] } : this.#gate.take(event)
  }

  #await(passed: Promise<Judged>, rest: ModelEvent[]): void {
    const { over, flow, guard } = this.#scene
    this.#waiting = rest
    flow.hold('hook')
    // Hook runners never reject.
    void passed.then((settled) =>
      guard(() => {
        const waiting = this.#waiting ?? []
        this.#waiting = null
        if (over()) return
        this.#apply(settled)
        this.#take(waiting)
        if (this.#waiting === null) flow.release('hook')
      }),
    )
  }

  #apply(judged: Judged): void {
    if ('refused' in judged) {
      const { message, reason } = judged.refused
      this.fail(failure('permission', message), reason)
      return
    }
    for (const event of judged.events) if (!this.#scene.over()) this.#emit(event)
  }

  #emit(event: ModelEvent): void {
    const { exchange } = this.#scene
    if (isContent(event)) this.#scene.firstToken()
    switch (event.type) {
      case 'error':
        this.fail(event.error, event.error.type === 'truncated' ? 'truncated' : 'upstream_error')
        return
      case 'end':
        this.#out.finish(() => {
          exchange.usage = this.#usage
          return exchange.end('completed', 'ok', 200)
        })
        return
      case 'usage':
        this.#usage = mergeUsage(this.#usage, event.usage)
        this.#out.write(event)
        return
      default:
        this.#out.write(event)
    }
  }
}
