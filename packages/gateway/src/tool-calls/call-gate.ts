import type { ModelEvent } from '@agentproxy/plugin'
import type { Exchange } from '../exchange/exchange.ts'
import { judgeCall } from './judge-call.ts'
import { clientCall, hasFurtherAnswers, inputOf } from './read-blocks.ts'

/** The events in place of one, or why the whole answer is refused. */
export type Judged =
  | { readonly events: readonly ModelEvent[] }
  | { readonly refused: { readonly message: string; readonly reason: string } }

type BlockStart = Extract<ModelEvent, { type: 'block_start' }>

interface HeldCall {
  readonly start: BlockStart
  readonly events: ModelEvent[]
  chars: number
}

const NOTHING: Judged = { events: [] }

/**
 * Holds each tool call of an answer until it is whole and judged. In the place of a denied one stands a text that says so;
 * with no call left the answer ends as one that has none.
 */
export class CallGate {
  readonly #exchange: Exchange
  readonly #maxChars: number
  #held: HeldCall | null = null
  #kept = 0
  #denied = 0

  constructor(exchange: Exchange, maxChars: number) {
    this.#exchange = exchange
    this.#maxChars = maxChars
  }

  take(event: ModelEvent): Judged | Promise<Judged> {
    switch (event.type) {
      case 'block_start':
        return this.#start(event)
      case 'block_delta':
        return this.#held === null ? { events: [event] } : this.#hold(this.#held, event)
      case 'block_stop':
        return this.#held === null ? { events: [event] } : this.#stop(this.#held, event)
      case 'finish':
        return { events: [this.#finish(event)] }
      case 'opaque':
        return hasFurtherAnswers(event.value)
          ? refuse(
              'Tool calls are judged here, and those of further answers could not be: ask for one answer.',
            )
          : { events: [event] }
      case 'start':
      case 'usage':
      case 'ping':
      case 'end':
      case 'error':
        return { events: [event] }
    }
  }

  #start(event: BlockStart): Judged {
    if (clientCall(event.block) === null) return { events: [event] }
    this.#held = { start: event, events: [event], chars: 0 }
    return NOTHING
  }

  #hold(held: HeldCall, event: Extract<ModelEvent, { type: 'block_delta' }>): Judged {
    held.events.push(event)
    held.chars += event.delta.type === 'arguments' ? event.delta.json.length : 1_000
    return held.chars > this.#maxChars
      ? refuse('A tool call is too large to be judged, and so was not let through.')
      : NOTHING
  }

  async #stop({ start, events }: HeldCall, event: ModelEvent): Promise<Judged> {
    this.#held = null
    const call = clientCall(start.block)
    const tool = call?.name ?? ''
    const ruling = await judgeCall(this.#exchange, { tool, input: inputOf(start.block, events) })
    if (ruling.decision === 'allow') {
      this.#kept += 1
      return { events: [...events, event] }
    }
    const said = `The call of the tool "${tool}" was refused: ${ruling.reason}`
    if (ruling.endsAnswer === true) return refuse(said)
    this.#denied += 1
    const { index } = start
    return {
      events: [
        { type: 'block_start', index, block: { type: 'text' } },
        { type: 'block_delta', index, delta: { type: 'text', text: `\n[agentproxy] ${said}\n` } },
        { type: 'block_stop', index },
      ],
    }
  }

  #finish(event: Extract<ModelEvent, { type: 'finish' }>): ModelEvent {
    const isEmpty = this.#denied > 0 && this.#kept === 0
    return isEmpty && event.reason === 'tool_use' ? { ...event, reason: 'end_turn' } : event
  }
}

function refuse(message: string): Judged {
  return { refused: { message, reason: 'tool_call_refused' } }
}
