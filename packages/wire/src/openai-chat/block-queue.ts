import type { ModelBlock, ModelDelta } from '../model/event.ts'
import { freeformJson } from '../model/freeform-input.ts'
import { streamError } from '../sse/sse-stream-reader.ts'
import type { Emit } from '../sse/sse-stream-reader.ts'

interface LiveBlock {
  readonly key: string
  readonly index: number
  readonly block: ModelBlock
  readonly json: string[]
}

interface WaitingBlock {
  readonly key: string
  readonly block: ModelBlock
  readonly deltas: ModelDelta[]
}

/**
 * Brings the pieces of an answer, which may come mixed, into blocks one after the other. A tool call stays open until
 * its arguments are whole JSON; whatever else comes before that waits behind it. Servers send one call after the
 * other, so in practice nothing waits. A piece for a call that was closed is an error: its arguments would be wrong if
 * it were dropped.
 */
export class BlockQueue {
  readonly #emit: Emit
  readonly #closedCalls = new Set<string>()
  #nextIndex = 0
  #live: LiveBlock | null = null
  #waiting: WaitingBlock[] = []

  constructor(emit: Emit) {
    this.#emit = emit
  }

  /** Adds a piece to the block of this key; `block` describes it when it has to be opened. */
  add(key: string, block: ModelBlock, delta: ModelDelta | null): void {
    const live = this.#live
    if (live?.key === key) return this.#send(live, delta)
    if (this.#closedCalls.has(key)) {
      if (delta?.type !== 'arguments' || delta.json.trim() === '') return
      const error = streamError('upstream', 'The upstream added arguments to a finished tool call.')
      return this.#emit({ type: 'error', error })
    }
    // Checked once per call: after it failed, this call stays open to the end and all else waits.
    const mustWait = this.#waiting.length > 0 || (live !== null && isUnfinishedCall(live))
    if (mustWait) this.#wait(key, block, delta)
    else this.#send(this.#open(key, block), delta)
  }

  /** Closes everything; blocks that had to wait are written out. */
  close(): void {
    this.#stop()
    const waiting = this.#waiting
    this.#waiting = []
    for (const { key, block, deltas } of waiting) {
      const live = this.#open(key, block)
      for (const delta of deltas) this.#send(live, delta)
      this.#stop()
    }
  }

  #open(key: string, block: ModelBlock): LiveBlock {
    this.#stop()
    const live = { key, index: this.#nextIndex++, block, json: [] }
    this.#live = live
    this.#emit({ type: 'block_start', index: live.index, block })
    return live
  }

  #send(live: LiveBlock, delta: ModelDelta | null): void {
    if (delta === null) return
    if (delta.type === 'arguments') live.json.push(delta.json)
    this.#emit({ type: 'block_delta', index: live.index, delta })
  }

  #stop(): void {
    if (this.#live === null) return
    const { key, index, block } = this.#live
    this.#live = null
    if (block.type === 'tool_call') this.#closedCalls.add(key)
    // Only the end tells that the plain text of a custom tool is whole.
    if (isFreeform(block))
      this.#emit({ type: 'block_delta', index, delta: { type: 'arguments', json: freeformJson.tail } })
    this.#emit({ type: 'block_stop', index })
  }

  #wait(key: string, block: ModelBlock, delta: ModelDelta | null): void {
    const isCall = block.type === 'tool_call'
    const last = isCall ? this.#waiting.find((waiting) => waiting.key === key) : this.#waiting.at(-1)
    const target = last?.key === key ? last : { key, block, deltas: [] }
    if (target !== last) this.#waiting.push(target)
    if (delta !== null) target.deltas.push(delta)
  }
}

function isFreeform(block: ModelBlock): boolean {
  return block.type === 'tool_call' && block.freeform === true
}

function isUnfinishedCall({ block, json }: LiveBlock): boolean {
  return block.type === 'tool_call' && !isFreeform(block) && !isWhole(json)
}

function isWhole(json: readonly string[]): boolean {
  try {
    JSON.parse(json.join(''))
    return true
  } catch {
    return false
  }
}
