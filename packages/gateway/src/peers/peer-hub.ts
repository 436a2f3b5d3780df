import { CAPACITY, EventRing } from '../events/event-ring.ts'
import { mergeMetrics } from '../metrics/merge-metrics.ts'
import type { MetricFamily } from '../metrics/metric-text.ts'
import type { PluginChange } from '../admin/change-plugin.ts'
import type { EventBatch, FromHub, PeerAnswer, Question, ToHub } from './peer-message.ts'

/** How long a process may take to hand on its events before somebody reads the others'. */
const EVENTS_LIMIT_MS = 500

/** No question has this id, so nobody waits for the answer. */
const NOBODY = 0

export interface NewPeer {
  readonly send: (message: FromHub) => void
  readonly disabledPlugins: readonly string[]
}

interface Asking {
  readonly waitsFor: Set<number>
  readonly answers: PeerAnswer<unknown>[]
  finish(): void
}

/**
 * Stands between the gateways of several processes: hands on what one tells, gathers what all answer, numbers all events in
 * one order, and keeps what those that have left had counted.
 */
export class PeerHub {
  readonly #peers = new Map<number, (message: FromHub) => void>()
  readonly #asking = new Map<number, Asking>()
  readonly #ring = new EventRing({ capacity: CAPACITY, startId: Date.now() * 1_000 })
  readonly #wanting = new Set<number>()
  /** Those of them that have had what is known so far. */
  readonly #watchers = new Set<number>()
  readonly #counted = new Map<number, readonly MetricFamily[]>()
  readonly #disabled = new Set<string>()
  #departed: readonly MetricFamily[] = []
  #lastId = 0

  /** Plugins that were disabled since the processes were started; a new one must do without them too. */
  get disabledPlugins(): readonly string[] {
    return [...this.#disabled]
  }

  /** Those that begin now begin with what the configuration says. */
  forgetChanges(): void {
    this.#disabled.clear()
  }

  /** It serves, without those plugins; what was changed since it was told of them is made up for. */
  join(id: number, { send, disabledPlugins }: NewPeer): void {
    this.#peers.set(id, send)
    send({ kind: 'watched', on: this.#watchers.size > 0 })
    const change = (name: string, action: PluginChange['action']): void =>
      send({ kind: 'asked', id: NOBODY, topic: 'plugin', data: { name, action } })
    for (const name of this.#disabled) if (!disabledPlugins.includes(name)) change(name, 'disable')
    for (const name of disabledPlugins) if (!this.#disabled.has(name)) change(name, 'enable')
  }

  /** It is gone, however that came. */
  leave(id: number): void {
    this.#peers.delete(id)
    this.#unwatch(id)
    this.#departed = mergeMetrics([this.#departed, countersOf(this.#counted.get(id) ?? [])])
    this.#counted.delete(id)
    for (const asking of this.#asking.values())
      if (asking.waitsFor.has(id)) settle(asking, { from: id, ok: false, reason: 'it ended meanwhile' })
  }

  receive(from: number, message: ToHub): void {
    switch (message.kind) {
      case 'tell':
        this.#others(from, { kind: 'told', topic: message.topic, data: message.data })
        return
      case 'ask':
        void this.#askFor(from, message)
        return
      case 'answer': {
        const asking = this.#asking.get(message.id)
        if (asking?.waitsFor.has(from) === true) settle(asking, { ...message.answer, from })
        return
      }
      case 'events':
        this.#addEvents(message)
        return
      case 'watch':
        if (message.on) void this.#watch(from)
        else this.#unwatch(from)
        return
      case 'counted':
        this.#counted.set(from, message.families)
    }
  }

  async #askFor(from: number, question: Extract<ToHub, { kind: 'ask' }>): Promise<void> {
    if (question.topic === 'plugin') this.#noteChange(question.data as PluginChange)
    const answers = await this.#ask(from, question)
    if (question.topic === 'metrics') {
      for (const answer of answers)
        if (answer.ok) this.#counted.set(answer.from, answer.value as readonly MetricFamily[])
      answers.push({ from: 0, ok: true, value: this.#departed })
    }
    this.#peers.get(from)?.({ kind: 'answers', id: question.id, answers })
  }

  #noteChange({ name, action }: PluginChange): void {
    if (action === 'disable') this.#disabled.add(name)
    else this.#disabled.delete(name)
  }

  /** Asks all but one, each by itself. */
  #ask(
    except: number,
    { topic, data, limitMs }: { readonly topic: Question; readonly data: unknown; readonly limitMs: number },
  ): Promise<PeerAnswer<unknown>[]> {
    this.#lastId += 1
    const id = this.#lastId
    const others = [...this.#peers].filter(([peer]) => peer !== except)
    return new Promise((resolve) => {
      const late = setTimeout(() => {
        const reason = `no answer within ${limitMs} ms`
        for (const peer of asking.waitsFor) settle(asking, { from: peer, ok: false, reason })
      }, limitMs)
      const finish = (): void => {
        clearTimeout(late)
        this.#asking.delete(id)
        resolve(asking.answers)
      }
      const asking: Asking = { waitsFor: new Set(others.map(([peer]) => peer)), answers: [], finish }
      this.#asking.set(id, asking)
      if (others.length === 0) finish()
      for (const [, send] of others) send({ kind: 'asked', id, topic, data })
    })
  }

  #addEvents({ dropped, events }: EventBatch): void {
    if (dropped + events.length === 0) return
    this.#ring.skip(dropped)
    for (const { type, data } of events) this.#ring.publish(type, data)
    for (const peer of this.#watchers) this.#peers.get(peer)?.({ kind: 'events', dropped, events })
  }

  #unwatch(peer: number): void {
    this.#wanting.delete(peer)
    if (this.#watchers.delete(peer) && this.#watchers.size === 0) this.#all({ kind: 'watched', on: false })
  }

  async #watch(peer: number): Promise<void> {
    this.#wanting.add(peer)
    await this.#ask(0, { topic: 'events', data: null, limitMs: EVENTS_LIMIT_MS })
    if (!this.#wanting.has(peer)) return
    this.#peers.get(peer)?.({ kind: 'ring', ...this.#ring.whole() })
    this.#watchers.add(peer)
    if (this.#watchers.size === 1) this.#all({ kind: 'watched', on: true })
  }

  #all(message: FromHub): void {
    for (const send of this.#peers.values()) send(message)
  }

  #others(from: number, message: FromHub): void {
    for (const [peer, send] of this.#peers) if (peer !== from) send(message)
  }
}

function settle(asking: Asking, answer: PeerAnswer<unknown>): void {
  asking.waitsFor.delete(answer.from)
  asking.answers.push(answer)
  if (asking.waitsFor.size === 0) asking.finish()
}

/** A gauge says how things are with a process; of one that is gone there is nothing to say. */
function countersOf(families: readonly MetricFamily[]): readonly MetricFamily[] {
  return families.filter(({ type }) => type !== 'gauge')
}
