import type {
  EventBatch,
  FromHub,
  PeerAnswer,
  Question,
  Questions,
  Telling,
  Tellings,
  ToHub,
} from './peer-message.ts'

/** What the events' owner does with what the hub says of them. */
export interface EventListener {
  watched(on: boolean): void
  ring(ring: EventBatch & { readonly startId: number }): void
  events(batch: EventBatch): void
}

/**
 * The other processes that serve the same address, as one of them sees them: all of them behind one hub, which may be in
 * another process. Each is told what it must know to behave as if there were only one.
 */
export class Peers {
  readonly id: number
  readonly #send: (message: ToHub) => void
  readonly #listeners = new Map<Telling, (data: never) => void>()
  readonly #answerers = new Map<Question, (data: never) => unknown>()
  readonly #waiting = new Map<number, (answers: readonly PeerAnswer<never>[]) => void>()
  #events: EventListener | null = null
  #lastId = 0

  /** `id` is this process's number among them. */
  constructor(id: number, send: (message: ToHub) => void) {
    this.id = id
    this.#send = send
  }

  /** Takes what the hub sends; messages come in the order they were sent. */
  receive(message: FromHub): void {
    switch (message.kind) {
      case 'told':
        this.#listeners.get(message.topic)?.(message.data as never)
        return
      case 'asked':
        void this.#answer(message.id, message.topic, message.data)
        return
      case 'answers':
        this.#waiting.get(message.id)?.(message.answers as readonly PeerAnswer<never>[])
        this.#waiting.delete(message.id)
        return
      case 'watched':
        this.#events?.watched(message.on)
        return
      case 'ring':
        this.#events?.ring(message)
        return
      case 'events':
        this.#events?.events(message)
    }
  }

  send(message: ToHub): void {
    this.#send(message)
  }

  tell<Topic extends Telling>(topic: Topic, data: Tellings[Topic]): void {
    this.#send({ kind: 'tell', topic, data })
  }

  heard<Topic extends Telling>(topic: Topic, listener: (data: Tellings[Topic]) => void): void {
    this.#listeners.set(topic, listener)
  }

  /** Asks all others at once. Never rejects: who fails or takes longer than `limitMs` says so in its place. */
  ask<Topic extends Question>(
    topic: Topic,
    data: Questions[Topic]['ask'],
    limitMs: number,
  ): Promise<readonly PeerAnswer<Questions[Topic]['answer']>[]> {
    this.#lastId += 1
    const id = this.#lastId
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve)
      this.#send({ kind: 'ask', id, topic, data, limitMs })
    })
  }

  asked<Topic extends Question>(
    topic: Topic,
    answerer: (
      data: Questions[Topic]['ask'],
    ) => Questions[Topic]['answer'] | Promise<Questions[Topic]['answer']>,
  ): void {
    this.#answerers.set(topic, answerer)
  }

  onEvents(listener: EventListener): void {
    this.#events = listener
  }

  async #answer(id: number, topic: Question, data: unknown): Promise<void> {
    try {
      const answerer = this.#answerers.get(topic)
      if (answerer === undefined) throw new Error('it is not ready yet')
      this.#send({ kind: 'answer', id, answer: { from: 0, ok: true, value: await answerer(data as never) } })
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      this.#send({ kind: 'answer', id, answer: { from: 0, ok: false, reason } })
    }
  }
}
