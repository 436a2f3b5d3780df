import type { IncomingMessage } from 'node:http'

export interface ArrivingBodyOptions {
  /** Default: no limit. */
  readonly maxBytes?: number
  /** The reader wants no more of it. */
  onCancel(this: void): void
}

type Controller = ReadableStreamDefaultController<Uint8Array>

/** The body of a message as a web stream: nothing is read before it is asked for, and no faster than that. */
export class ArrivingBody {
  readonly stream: ReadableStream<Uint8Array>
  readonly #message: IncomingMessage
  readonly #maxBytes: number
  /** Read from the message, not yet asked for. */
  readonly #left: Buffer[] = []
  #controller: Controller | null = null
  #size = 0
  #isWanted = false
  #outcome: 'ended' | 'broken' | 'discarded' | null = null

  constructor(message: IncomingMessage, { maxBytes = Infinity, onCancel }: ArrivingBodyOptions) {
    this.#message = message
    this.#maxBytes = maxBytes
    this.stream = new ReadableStream<Uint8Array>(
      {
        pull: (controller) => {
          if (this.#controller === null) this.#begin(controller)
          this.#isWanted = true
          this.#deliver(controller)
        },
        cancel: () => {
          this.#outcome = 'discarded'
          onCancel()
        },
      },
      { highWaterMark: 0 },
    )
  }

  /** true once more came than is taken. The chunk that crosses the limit is still given, so that a reader further in sees it too. */
  get isTooLarge(): boolean {
    return this.#size > this.#maxBytes
  }

  /** Lets what has not been read pass by unread, so that the connection can go on. Who still reads is told. */
  discard(): void {
    const wasOpen = this.#outcome === null
    this.#outcome ??= 'discarded'
    if (wasOpen) this.#controller?.error(new Error('the request is over; its body is gone'))
    this.#message.resume()
  }

  #begin(controller: Controller): void {
    this.#controller = controller
    const message = this.#message
    const end = (outcome: 'ended' | 'broken'): void => {
      if (this.#outcome !== null) return
      this.#outcome = outcome
      // What came before the connection broke still counts.
      if (outcome === 'broken') this.#takeRest()
      this.#deliver(controller)
    }
    message.on('data', (chunk: Buffer) => {
      if (this.#outcome !== null) return
      this.#left.push(chunk)
      message.pause()
      this.#deliver(controller)
    })
    message.once('end', () => end('ended'))
    message.once('error', () => end('broken'))
    message.once('close', () => end('broken'))
    if (message.destroyed) end('broken')
  }

  #takeRest(): void {
    for (;;) {
      const chunk = this.#message.read() as Buffer | null
      if (chunk === null) return
      this.#left.push(chunk)
    }
  }

  #deliver(controller: Controller): void {
    if (!this.#isWanted || this.#outcome === 'discarded') return
    if (this.isTooLarge) {
      this.#outcome = 'discarded'
      controller.error(new Error(`the body is larger than ${this.#maxBytes} bytes`))
      this.#message.resume()
      return
    }
    const chunk = this.#left.shift()
    if (chunk !== undefined) {
      this.#isWanted = false
      this.#size += chunk.length
      controller.enqueue(chunk)
    } else if (this.#outcome === 'ended') {
      controller.close()
    } else if (this.#outcome === 'broken') {
      controller.error(new Error('the connection was closed'))
    } else {
      this.#message.resume()
    }
  }
}
