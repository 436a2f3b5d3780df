import type { ModelUsage } from '@agentproxy/plugin'
import { LossReport, scanRequest } from '@agentproxy/wire'
import type { Format, ModelRequest, StreamWriter } from '@agentproxy/wire'
import type { CallPlan } from '../exchange/plan-call.ts'
import type { ArrivedBody } from '../exchange/write-body.ts'
import { continueRequest, obstacleOf, takesPrefill } from './continuation.ts'
import { SentAnswer } from './sent-answer.ts'
import { Splice } from './splice.ts'
import { StreamMarks } from './stream-marks.ts'

export interface RescueOptions {
  /** The client's. */
  readonly format: Format
  /** The request as the client sent it. */
  readonly body: ArrivedBody
  /** The largest answer that is kept to be continued, in characters. */
  readonly maxChars: number
}

/** What it takes to continue one exchange's stream on another upstream (`routing.rescue: continue`). */
export class Rescue {
  readonly sent: SentAnswer
  readonly marks = new StreamMarks()
  readonly #options: RescueOptions
  #request: ModelRequest | null | undefined
  #writer: StreamWriter | null = null
  #splice: Splice | null = null

  constructor(options: RescueOptions) {
    this.#options = options
    this.sent = new SentAnswer(options.maxChars)
  }

  /** The seam of the call under way, where that call continues an answer; null = it begins one. */
  get splice(): Splice | null {
    return this.#splice
  }

  /** Why the rest cannot be asked for; null = it can. */
  get obstacle(): string | null {
    const request = this.#read()
    if (request === null) return 'the request could not be read'
    return this.sent.obstacle ?? obstacleOf(request, this.sent)
  }

  /** The request for the rest, in the client's format, for this upstream. */
  bodyFor(plan: CallPlan): { readonly body: ArrivedBody; readonly unseen: string } {
    const { format, body } = this.#options
    const request = this.#read()
    if (request === null) throw new Error('a request that cannot be read is not continued')
    const prefill = takesPrefill(plan.format, plan.model, request)
    const continuation = continueRequest(request, this.sent, { prefill })
    const { unseen } = continuation
    if (continuation.request === request) return { body, unseen }
    const document = format.writeRequest(continuation.request, new LossReport())
    const bytes = Buffer.from(JSON.stringify(document))
    const modelToken = body.modelToken === null ? null : (scanRequest(bytes)?.model ?? null)
    return { body: { bytes, modelToken }, unseen }
  }

  /** The next call continues the answer. */
  seam(unseen: string, spent: ModelUsage | null): void {
    this.#splice = new Splice({ sent: this.sent, spent, unseen })
  }

  /** Who writes the client's stream, where it is not relayed as it came. */
  useWriter(writer: StreamWriter): void {
    this.#writer = writer
  }

  /** Writes on from where the client's stream stopped. A stream that was relayed is written anew for that, unseen. */
  writer(loss: LossReport): StreamWriter {
    if (this.#writer !== null) return this.#writer
    const request = this.#read()
    const { created, nextSequence } = this.marks
    const sequence = { next: 0 }
    const writer = this.#options.format.createStreamWriter(loss, {
      sequence,
      ...(created === null ? {} : { created }),
      includeUsage: request?.includeUsage === true,
      tools: request?.tools,
      legacyFunctions: request?.legacyFunctions,
    })
    for (const event of this.sent.events) writer.write(event)
    if (nextSequence !== null) sequence.next = nextSequence
    this.#writer = writer
    return writer
  }

  #read(): ModelRequest | null {
    if (this.#request !== undefined) return this.#request
    try {
      const { format, body } = this.#options
      this.#request = format.readRequest(JSON.parse(body.bytes.toString()), new LossReport())
    } catch {
      this.#request = null
    }
    return this.#request
  }
}
