import { isRecord } from '../json/json-record.ts'
import type { JsonRecord } from '../json/json-record.ts'
import type { ModelBlock, ModelDelta } from '../model/event.ts'
import type { Emit } from '../sse/sse-stream-reader.ts'
import { madeId } from '../model/call-ids.ts'
import { readSignature } from './thinking-mark.ts'

/**
 * Turns the parts of an answer into blocks. A signature on text or on a call becomes a thought before it that says
 * nothing else: so it travels through clients of other formats, which keep thoughts but not marks on calls. A part of
 * empty text is where Gemini puts a signature that came late, and only the thought remains of it.
 */
export class AnswerBlocks {
  readonly #emit: Emit
  #nextIndex = 0
  #open: { readonly index: number; readonly type: ModelBlock['type'] } | null = null
  /** A late signature stands last: what follows must not look as if it bore it. */
  #isLoose = false
  #scope = ''
  #calls = 0

  constructor(emit: Emit) {
    this.#emit = emit
  }

  get hasToolCall(): boolean {
    return this.#calls > 0
  }

  /** The answer's id, which goes into the ids of its calls. */
  begin(answerId: string): void {
    this.#scope = answerId
  }

  take(part: JsonRecord): void {
    const { text, thought, functionCall } = part
    if (isRecord(functionCall) && typeof functionCall['name'] === 'string')
      return this.#takeCall(part, functionCall, functionCall['name'])
    if (typeof text !== 'string') return this.#takeOpaque(part)
    if (thought === true) this.#takeThought(part, text)
    else this.#takeText(part, text)
  }

  close(): void {
    if (this.#open === null) return
    const { index } = this.#open
    this.#open = null
    this.#emit({ type: 'block_stop', index })
  }

  #takeText(part: JsonRecord, text: string): void {
    const { text: _text, thought: _thought, thoughtSignature, ...rest } = part
    const isBare = text === '' && Object.keys(rest).length === 0
    if (typeof thoughtSignature !== 'string' || thoughtSignature === '') {
      if (!isBare) this.#add({ type: 'text' }, text, rest)
      return
    }
    this.close()
    this.#addSignature(thoughtSignature)
    this.#isLoose = isBare
    if (isBare) return
    this.#add({ type: 'text' }, text, rest)
    this.close()
  }

  #takeThought(part: JsonRecord, text: string): void {
    const { text: _text, thought: _thought, thoughtSignature, ...rest } = part
    const mark = readSignature(typeof thoughtSignature === 'string' ? thoughtSignature : '')
    this.#add({ type: 'thinking', issuer: mark.issuer }, text, rest)
    if (typeof thoughtSignature !== 'string') return
    if (mark.signature !== '') this.#delta({ type: 'signature', signature: mark.signature })
    this.close()
  }

  #takeCall(part: JsonRecord, call: JsonRecord, name: string): void {
    const { functionCall: _call, thoughtSignature, ...rest } = part
    const { id, name: _name, args, ...inner } = call
    this.close()
    if (typeof thoughtSignature === 'string' && thoughtSignature !== '') this.#addSignature(thoughtSignature)
    const callId = typeof id === 'string' && id !== '' ? id : madeId(this.#scope, this.#calls)
    this.#calls += 1
    this.#start({ type: 'tool_call', id: callId, name })
    this.#delta({ type: 'arguments', json: JSON.stringify(args ?? {}) })
    const unread = Object.keys(inner).length > 0 ? { ...rest, functionCall: inner } : rest
    this.#rest(unread)
    this.close()
  }

  #takeOpaque(part: JsonRecord): void {
    this.close()
    this.#start({ type: 'opaque', format: 'gemini', value: part })
    this.close()
  }

  #addSignature(signature: string): void {
    this.#start({ type: 'thinking', issuer: 'gemini' })
    this.#delta({ type: 'signature', signature })
    this.close()
  }

  #add(block: Extract<ModelBlock, { type: 'text' | 'thinking' }>, text: string, rest: JsonRecord): void {
    if (this.#open?.type !== block.type) {
      this.close()
      this.#start(block)
    }
    if (text !== '') this.#delta({ type: block.type, text })
    this.#rest(rest)
  }

  #rest(rest: JsonRecord): void {
    if (Object.keys(rest).length > 0) this.#delta({ type: 'opaque', format: 'gemini', value: rest })
  }

  #start(block: ModelBlock): void {
    if (this.#isLoose) {
      this.#isLoose = false
      this.#start({ type: 'text' })
      this.close()
    }
    const index = this.#nextIndex++
    this.#open = { index, type: block.type }
    this.#emit({ type: 'block_start', index, block })
  }

  #delta(delta: ModelDelta): void {
    if (this.#open !== null) this.#emit({ type: 'block_delta', index: this.#open.index, delta })
  }
}
