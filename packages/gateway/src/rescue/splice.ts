import type { ModelBlock, ModelEvent, ModelUsage } from '@agentproxy/plugin'
import { addUsage } from '@agentproxy/wire'
import type { SentAnswer } from './sent-answer.ts'

type BlockStart = Extract<ModelEvent, { type: 'block_start' }>

export interface SpliceOptions {
  readonly sent: SentAnswer
  /** What the attempts before used. */
  readonly spent: ModelUsage | null
  /** White space that may be said again. */
  readonly unseen: string
}

/**
 * Turns the events of an answer that continues another into those the client still lacks: no second start, an open text
 * goes on, an open thought is closed, blocks and calls are numbered and named on.
 */
export class Splice {
  readonly #options: SpliceOptions
  readonly #indices = new Map<number, number>()
  #hasBlocks = false
  #unseen: string
  /** A call that may be a repetition, until it is whole. */
  #held: { readonly start: BlockStart; readonly events: ModelEvent[]; json: string } | null = null

  constructor(options: SpliceOptions) {
    this.#options = options
    this.#unseen = options.unseen
  }

  map(event: ModelEvent): ModelEvent[] {
    const { sent, spent } = this.#options
    switch (event.type) {
      case 'start':
        return sent.hasStart ? [] : [event]
      case 'block_start':
        return this.#start(event)
      case 'block_delta':
      case 'block_stop':
        return this.#within(event)
      case 'usage':
        return [{ type: 'usage', usage: addUsage(spent, event.usage) }]
      case 'finish':
        return [...this.#close(), this.#finish(event)]
      case 'opaque':
        // About the other upstream's answer as a whole, not about the client's.
        return []
      case 'ping':
      case 'end':
      case 'error':
        return [event]
    }
  }

  #start(event: BlockStart): ModelEvent[] {
    const { sent } = this.#options
    const { open } = sent
    const isFirst = !this.#hasBlocks
    this.#hasBlocks = true
    if (isFirst && open?.block.type === 'text' && event.block.type === 'text') {
      this.#indices.set(event.index, open.index)
      return []
    }
    const index = 1 + Math.max(-1, ...sent.blocks.map((block) => block.index))
    this.#indices.set(event.index, index)
    const start: BlockStart = { ...event, index, block: this.#own(event.block) }
    if (event.block.type === 'tool_call' && sent.calls.length > 0) {
      this.#held = { start, events: [start], json: '' }
      return []
    }
    return [...this.#close(), start]
  }

  #within(event: Extract<ModelEvent, { type: 'block_delta' | 'block_stop' }>): ModelEvent[] {
    const index = this.#indices.get(event.index)
    if (index === undefined) return []
    const held = this.#held
    if (held !== null) {
      held.events.push({ ...event, index })
      if (event.type === 'block_delta' && event.delta.type === 'arguments') held.json += event.delta.json
      return event.type === 'block_stop' ? this.#release(held) : []
    }
    if (event.type === 'block_stop' || event.delta.type !== 'text' || this.#unseen === '')
      return [{ ...event, index }]
    const text = this.#withoutUnseen(event.delta.text)
    return text === '' ? [] : [{ ...event, index, delta: { type: 'text', text } }]
  }

  /** A call that was made already is not made again. */
  #release({ start, events, json }: { start: BlockStart; events: ModelEvent[]; json: string }): ModelEvent[] {
    this.#held = null
    const name = start.block.type === 'tool_call' ? start.block.name : ''
    const isRepeated = this.#options.sent.calls.some(
      (call) =>
        call.block.type === 'tool_call' &&
        call.block.name === name &&
        canonical(call.json) === canonical(json),
    )
    return isRepeated ? [] : [...this.#close(), ...events]
  }

  #close(): ModelEvent[] {
    const { open } = this.#options.sent
    return open === null ? [] : [{ type: 'block_stop', index: open.index }]
  }

  /** Names that another upstream gave its items and calls may be taken already. */
  #own(block: ModelBlock): ModelBlock {
    if (block.type === 'text' || block.type === 'refusal') return { type: block.type }
    if (block.type !== 'tool_call') return block
    const { item: _item, ...call } = block
    const taken = new Set(
      this.#options.sent.calls.map((one) => (one.block.type === 'tool_call' ? one.block.id : '')),
    )
    return taken.has(call.id) ? { ...call, id: `${call.id}_${taken.size + 1}` } : call
  }

  /** The client is to run the calls it has, whatever the continuation thinks it ended with. */
  #finish(event: Extract<ModelEvent, { type: 'finish' }>): ModelEvent {
    const hasCalls = this.#options.sent.calls.length > 0
    return hasCalls && event.reason === 'end_turn' ? { ...event, reason: 'tool_use' } : event
  }

  #withoutUnseen(text: string): string {
    let at = 0
    while (at < text.length && at < this.#unseen.length && text[at] === this.#unseen[at]) at += 1
    this.#unseen = at === text.length ? this.#unseen.slice(at) : ''
    return text.slice(at)
  }
}

/** Arguments whatever the order of their names. */
function canonical(json: string): string {
  const sort = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(sort)
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(
      Object.entries(value)
        .toSorted(([a], [b]) => (a < b ? -1 : 1))
        .map(([key, one]) => [key, sort(one)]),
    )
  }
  try {
    return JSON.stringify(sort(JSON.parse(json === '' ? '{}' : json)))
  } catch {
    return json
  }
}
