import { isRecord } from '../json/json-record.ts'
import type { JsonRecord } from '../json/json-record.ts'
import type { ModelBlock, ModelDelta } from '../model/event.ts'
import { streamError } from '../sse/sse-stream-reader.ts'
import type { Emit } from '../sse/sse-stream-reader.ts'
import { readSignature } from './thinking-mark.ts'
import { decodeToolId } from './tool-id.ts'

interface OpenBlock {
  readonly index: number
  readonly upstreamIndex: unknown
  readonly block: ModelBlock
  /** What the start already said; it counts only if no delta says it again. */
  early: ModelDelta | null
}

export interface BlockReader {
  start(json: JsonRecord, emit: Emit): void
  delta(json: JsonRecord, emit: Emit): void
  /** Closes the open block, if any. */
  close(emit: Emit): void
  sawToolCall(): boolean
}

/** Reads `content_block_*` events. Blocks come one after the other; a start closes the block before it. */
export function createBlockReader(): BlockReader {
  let open: OpenBlock | null = null
  let nextIndex = 0
  let hasToolCall = false

  const close = (emit: Emit): void => {
    if (open === null) return
    const { index, early } = open
    open = null
    if (early !== null) emit({ type: 'block_delta', index, delta: early })
    emit({ type: 'block_stop', index })
  }
  const openBlock = (upstreamIndex: unknown, content: JsonRecord, emit: Emit): OpenBlock => {
    close(emit)
    const index = nextIndex++
    const { block, first, early } = readStart(content)
    hasToolCall ||= block.type === 'tool_call'
    open = { index, upstreamIndex, block, early }
    emit({ type: 'block_start', index, block })
    if (first !== null) emit({ type: 'block_delta', index, delta: first })
    return open
  }

  return {
    close,
    sawToolCall: () => hasToolCall,
    start(json, emit) {
      openBlock(json['index'], isRecord(json['content_block']) ? json['content_block'] : {}, emit)
    },
    delta(json, emit) {
      const raw = isRecord(json['delta']) ? json['delta'] : {}
      const implied = impliedBlock(raw['type'])
      const isOpen = open !== null && open.upstreamIndex === json['index']
      if (!isOpen && implied === null) {
        const error = streamError(
          'upstream',
          `The upstream sent a delta for a block that is not open: ${JSON.stringify(json)}`,
        )
        return emit({ type: 'error', error })
      }
      const target = isOpen && open !== null ? open : openBlock(json['index'], implied ?? {}, emit)
      const delta = readDelta(raw, target.block)
      if (delta === null) return
      if (target.early?.type === delta.type) target.early = null
      emit({ type: 'block_delta', index: target.index, delta })
    },
  }
}

/** Some servers send deltas without a start; text and thinking need nothing that only a start says. */
function impliedBlock(deltaType: unknown): JsonRecord | null {
  if (deltaType === 'text_delta') return { type: 'text' }
  return deltaType === 'thinking_delta' ? { type: 'thinking' } : null
}

interface BlockStart {
  readonly block: ModelBlock
  readonly first: ModelDelta | null
  readonly early: ModelDelta | null
}

function readStart(content: JsonRecord): BlockStart {
  const { type, text, thinking, signature, data, id, name, input } = content
  if (type === 'text') return { block: { type }, first: textDelta('text', text), early: null }
  if (type === 'thinking') {
    const mark = readSignature(typeof signature === 'string' ? signature : '')
    const early: ModelDelta | null =
      mark.signature === '' ? null : { type: 'signature', signature: mark.signature }
    return { block: { type, issuer: mark.issuer }, first: textDelta('thinking', thinking), early }
  }
  if (type === 'redacted_thinking' && typeof data === 'string') {
    return { block: { type, issuer: 'anthropic', data }, first: null, early: null }
  }
  if (
    type === 'tool_use' &&
    typeof id === 'string' &&
    typeof name === 'string' &&
    isDirect(content['caller'])
  ) {
    const hasInput = isRecord(input) && Object.keys(input).length > 0
    const early: ModelDelta | null = hasInput ? { type: 'arguments', json: JSON.stringify(input) } : null
    return { block: { type: 'tool_call', id: decodeToolId(id), name }, first: null, early }
  }
  return { block: { type: 'opaque', format: 'anthropic', value: content }, first: null, early: null }
}

/** A call made by code that runs at the vendor is not a call of ours: the block rides along whole. */
function isDirect(caller: unknown): boolean {
  return !isRecord(caller) || caller['type'] === 'direct'
}

function textDelta(type: 'text' | 'thinking', text: unknown): ModelDelta | null {
  return typeof text === 'string' && text !== '' ? { type, text } : null
}

/** null for a delta that says nothing. */
function readDelta(raw: JsonRecord, block: ModelBlock): ModelDelta | null {
  const { type, text, thinking, signature, partial_json } = raw
  if (block.type !== 'opaque') {
    if (type === 'text_delta' && typeof text === 'string') return { type: 'text', text }
    if (type === 'thinking_delta' && typeof thinking === 'string') return { type: 'thinking', text: thinking }
    if (type === 'signature_delta' && typeof signature === 'string') {
      const mark = readSignature(signature)
      return mark.signature === '' ? null : { type: 'signature', signature: mark.signature }
    }
    if (type === 'input_json_delta' && typeof partial_json === 'string') {
      return partial_json === '' ? null : { type: 'arguments', json: partial_json }
    }
  }
  return { type: 'opaque', format: 'anthropic', value: raw }
}
