import type { ModelBlock, ModelDelta } from '../model/event.ts'
import type { FindTool } from '../model/tool-names.ts'
import type { ResponseLoss } from './answer-loss.ts'
import { readPart } from './block-parts.ts'
import type { BlockPart } from './block-parts.ts'

/** Writes one output item: opens itself when made, and is written for the last time by `close`. */
export interface ItemWriter {
  /** Opens a further part; only a message has several. */
  readonly addPart?: (block: ModelBlock) => void
  delta(delta: ModelDelta): void
  /** The block ended; the item may go on with another. */
  stop(): void
  /** Ends the item and returns it. `isWhole`: not cut off. */
  close(isWhole: boolean): Record<string, unknown>
}

export interface ItemContext {
  readonly outputIndex: number
  /** An id no other item has, for items that come without one. */
  readonly newId: (prefix: string) => string
  readonly send: (type: string, fields: Readonly<Record<string, unknown>>) => void
  readonly loss: ResponseLoss
  readonly findTool: FindTool
}

/** The part an opaque delta brings; null (and a report) for one of another format. */
export function ownPart(
  delta: Extract<ModelDelta, { type: 'opaque' }>,
  loss: ResponseLoss,
): BlockPart | null {
  const part = readPart(delta)
  if (part === null) loss.delta()
  return part
}

/** Passes an event on that nobody here understands, about the item as it is numbered here. */
export function sendEvent(
  event: Readonly<Record<string, unknown>>,
  { outputIndex, send }: ItemContext,
): void {
  const { type, ...fields } = event
  send(typeof type === 'string' ? type : 'unknown', { ...fields, output_index: outputIndex })
}
