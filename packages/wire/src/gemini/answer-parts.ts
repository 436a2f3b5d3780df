import { isRecord } from '../json/json-record.ts'
import type { JsonRecord } from '../json/json-record.ts'
import type { ModelBlock, ModelDelta } from '../model/event.ts'
import type { AnswerLoss } from '../model/answer-loss.ts'
import type { FindTool } from '../model/tool-names.ts'
import { isMadeId } from '../model/call-ids.ts'
import { markSignature } from './thinking-mark.ts'
import { withRiding } from './riding.ts'
import { readArgs } from './write-part.ts'

interface OpenBlock {
  readonly block: ModelBlock
  hasText: boolean
  /** Thought of another vendor: its mark must stand on the same part, or a client sends the two back apart. */
  text: string
  signature: string
  json: string
  /** Pieces the arguments came in. */
  pieces: number
  riding: JsonRecord
}

/**
 * Turns blocks into parts, as `AnswerBlocks` reads them: a thought that is a signature and nothing else goes back onto the
 * part after it. A call is one part, so its arguments are held back until they are whole.
 */
export class AnswerParts {
  readonly #losses: AnswerLoss
  readonly #findTool: FindTool
  #open: OpenBlock | null = null
  #signature: string | null = null
  hasRefusal = false

  constructor(losses: AnswerLoss, findTool: FindTool) {
    this.#losses = losses
    this.#findTool = findTool
  }

  start(block: ModelBlock): JsonRecord[] {
    this.#open = { block, hasText: false, text: '', signature: '', json: '', pieces: 0, riding: {} }
    switch (block.type) {
      case 'text':
      case 'tool_call':
        return []
      case 'thinking':
        return this.finish()
      case 'refusal':
        this.hasRefusal = true
        this.#losses.add('changed', 'refusal-as-text', '/content', 'The refusal was written as plain text.')
        return this.finish()
      case 'redacted_thinking': {
        const detail = `Hidden thinking of ${block.issuer} has no counterpart.`
        this.#losses.add('dropped', 'thinking-unsupported', '/content', detail)
        return []
      }
      case 'opaque': {
        if (block.format === 'gemini' && isRecord(block.value)) return [...this.finish(), block.value]
        const detail = `Blocks only ${block.format} knows have no counterpart.`
        this.#losses.add('dropped', 'block-unsupported', '/content', detail)
        return []
      }
    }
  }

  delta(delta: ModelDelta): JsonRecord[] {
    const open = this.#open
    // What belongs to a block that is left out is left out with it.
    if (open === null || open.block.type === 'opaque') return []
    switch (delta.type) {
      case 'text':
      case 'refusal':
        open.hasText = true
        return [{ text: delta.text, ...this.#takeSignature() }]
      case 'thinking':
        open.hasText = true
        open.text += delta.text
        return isForeign(open.block) ? [] : [{ text: delta.text, thought: true }]
      case 'signature':
        open.signature += delta.signature
        return []
      case 'arguments':
        open.json += delta.json
        open.pieces += 1
        return []
      case 'opaque':
        return this.#takeOpaque(open, delta)
    }
  }

  stop(): JsonRecord[] {
    const open = this.#open
    this.#open = null
    if (open === null) return []
    const { block, hasText, text, signature } = open
    if (block.type === 'tool_call') return [this.#call(block, open)]
    // An empty text keeps a signature from the part after it.
    if (block.type === 'text') return hasText ? [] : this.finish()
    if (block.type !== 'thinking') return []
    if (isForeign(block))
      return [{ text, thought: true, thoughtSignature: markSignature(block.issuer, signature) }]
    if (signature === '') return []
    if (hasText) return [{ text: '', thought: true, thoughtSignature: signature }]
    this.#signature = signature
    return []
  }

  /** A signature that no part came after. */
  finish(): JsonRecord[] {
    return this.#signature === null ? [] : [{ text: '', ...this.#takeSignature() }]
  }

  #takeSignature(): JsonRecord {
    const signature = this.#signature
    this.#signature = null
    return signature === null ? {} : { thoughtSignature: signature }
  }

  #takeOpaque(open: OpenBlock, { format, value }: Extract<ModelDelta, { type: 'opaque' }>): JsonRecord[] {
    if (format !== 'gemini' || !isRecord(value)) {
      const detail = 'Parts of a block, such as citations, have no counterpart.'
      this.#losses.add('dropped', 'delta-unsupported', '/content', detail)
      return []
    }
    if (open.block.type === 'tool_call') {
      open.riding = { ...open.riding, ...value }
      return []
    }
    open.hasText = true
    const thought = open.block.type === 'thinking' ? { thought: true } : {}
    return [{ text: '', ...thought, ...this.#takeSignature(), ...value }]
  }

  #call(block: Extract<ModelBlock, { type: 'tool_call' }>, { json, pieces, riding }: OpenBlock): JsonRecord {
    if (pieces > 1) {
      const detail = 'Gemini says a call in one part; its arguments were held back until they were whole.'
      this.#losses.add('emulated', 'tool-arguments-collected', '/content', detail)
    }
    const args = readArgs(json)
    if (args === null) {
      const detail = 'The arguments were no JSON object and were wrapped as {"raw_arguments": ...}.'
      this.#losses.add('changed', 'tool-arguments-not-an-object', '/content', detail)
    }
    const { id } = block
    const name = this.#findTool(block.name)?.name ?? block.name
    const call = { ...(isMadeId(id) ? {} : { id }), name, args: args ?? { raw_arguments: json } }
    return withRiding({ functionCall: call, ...this.#takeSignature() }, 'functionCall', riding)
  }
}

function isForeign(block: ModelBlock): boolean {
  return block.type === 'thinking' && block.issuer !== 'gemini'
}
