import type { ModelBlock, ModelDelta } from '../model/event.ts'
import { streamError } from '../sse/sse-stream-reader.ts'
import type { Emit } from '../sse/sse-stream-reader.ts'

interface QueuedBlock {
  readonly key: string
  readonly block: ModelBlock
  readonly deltas: ModelDelta[]
}

/** Brings the pieces of an answer, which may come mixed, into blocks one after the other. */
export interface BlockQueue {
  /** Adds a piece to the block of this key; `block` describes it when it has to be opened. */
  add(key: string, block: ModelBlock, delta: ModelDelta | null): void
  /** Closes everything; blocks that had to wait are written out. */
  close(): void
}

/**
 * A tool call stays open until its arguments are whole JSON; whatever else comes before that waits behind it. Servers
 * send one call after the other, so in practice nothing waits. A piece for a call that was closed is an error: its
 * arguments would be wrong if it were dropped.
 */
export function createBlockQueue(emit: Emit): BlockQueue {
  let nextIndex = 0
  let live: { readonly key: string; readonly index: number; readonly block: ModelBlock; readonly json: string[] } | null = null
  let waiting: QueuedBlock[] = []
  const closedCalls = new Set<string>()

  const stop = (): void => {
    if (live === null) return
    if (live.block.type === 'tool_call') closedCalls.add(live.key)
    emit({ type: 'block_stop', index: live.index })
    live = null
  }
  const send = (delta: ModelDelta | null): void => {
    if (live === null || delta === null) return
    if (delta.type === 'arguments') live.json.push(delta.json)
    emit({ type: 'block_delta', index: live.index, delta })
  }
  const open = (key: string, block: ModelBlock): void => {
    stop()
    live = { key, index: nextIndex++, block, json: [] }
    emit({ type: 'block_start', index: live.index, block })
  }
  const wait = (key: string, block: ModelBlock, delta: ModelDelta | null): void => {
    const last = block.type === 'tool_call' ? waiting.find((queued) => queued.key === key) : waiting.at(-1)
    const target = last?.key === key ? last : { key, block, deltas: [] }
    if (target !== last) waiting.push(target)
    if (delta !== null) target.deltas.push(delta)
  }

  return {
    add(key, block, delta) {
      if (live?.key === key) return send(delta)
      if (closedCalls.has(key)) {
        if (delta?.type !== 'arguments' || delta.json.trim() === '') return
        return emit({ type: 'error', error: streamError('upstream', 'The upstream added arguments to a finished tool call.') })
      }
      // Checked once per call: after it failed, this call stays open to the end and all else waits.
      const mustWait = waiting.length > 0 || (live?.block.type === 'tool_call' && !isWhole(live.json))
      if (mustWait) return wait(key, block, delta)
      open(key, block)
      send(delta)
    },
    close() {
      stop()
      const queued = waiting
      waiting = []
      for (const { key, block, deltas } of queued) {
        open(key, block)
        for (const delta of deltas) send(delta)
        stop()
      }
    },
  }
}

function isWhole(json: readonly string[]): boolean {
  try {
    JSON.parse(json.join(''))
    return true
  } catch {
    return false
  }
}
