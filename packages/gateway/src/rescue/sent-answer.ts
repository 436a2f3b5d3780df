import type { ModelBlock, ModelEvent } from '@agentproxy/plugin'

/** One block as far as the client has it. */
export interface SentBlock {
  readonly index: number
  readonly block: ModelBlock
  text: string
  signature: string
  json: string
  isOpen: boolean
}

/** What a client has been sent of one answer: enough to ask for the rest, and to write on where it stopped. */
export class SentAnswer {
  readonly #maxChars: number
  #events: ModelEvent[] = []
  #chars = 0
  #hasStart = false
  #obstacle: string | null = null
  readonly #blocks: SentBlock[] = []

  constructor(maxChars: number) {
    this.#maxChars = maxChars
  }

  /** Pieces of one block are kept as one. */
  get events(): readonly ModelEvent[] {
    return this.#events
  }

  get blocks(): readonly SentBlock[] {
    return this.#blocks
  }

  get open(): SentBlock | null {
    const last = this.#blocks.at(-1)
    return last?.isOpen === true ? last : null
  }

  get hasStart(): boolean {
    return this.#hasStart
  }

  /** Whole tool calls. */
  get calls(): readonly SentBlock[] {
    return this.#blocks.filter(({ block, isOpen }) => block.type === 'tool_call' && !isOpen)
  }

  /** Why nobody can go on from here; null = somebody can. */
  get obstacle(): string | null {
    if (this.#obstacle !== null) return this.#obstacle
    return this.open?.block.type === 'tool_call' ? 'a tool call was cut in its arguments' : null
  }

  note(event: ModelEvent): void {
    this.#obstacle ??= obstacleOf(event)
    this.#fold(event)
    if (event.type === 'ping' || this.#chars > this.#maxChars) return
    this.#chars += sizeOf(event)
    if (this.#chars > this.#maxChars) {
      this.#obstacle ??= 'the answer is too large to be repeated to another upstream'
      this.#events = []
    } else this.#keep(event)
  }

  #keep(event: ModelEvent): void {
    const last = this.#events.at(-1)
    const joined = last === undefined ? null : join(last, event)
    if (joined === null) this.#events.push(event)
    else this.#events[this.#events.length - 1] = joined
  }

  #fold(event: ModelEvent): void {
    this.#hasStart ||= event.type === 'start'
    if (event.type === 'block_start') {
      const { index, block } = event
      this.#blocks.push({ index, block, text: '', signature: '', json: '', isOpen: true })
      return
    }
    const { open } = this
    if (open === null) return
    if (event.type === 'block_stop') open.isOpen = false
    else if (event.type === 'block_delta') {
      const { delta } = event
      if (delta.type === 'arguments') open.json += delta.json
      else if (delta.type === 'signature') open.signature += delta.signature
      else if (delta.type !== 'opaque') open.text += delta.text
    }
  }
}

function obstacleOf(event: ModelEvent): string | null {
  if (event.type === 'finish') return 'the model had said all it wanted to'
  if (event.type === 'opaque' && isOfFurtherAnswer(event.value)) return 'several answers were asked for'
  if (event.type !== 'block_start') return null
  const { block } = event
  if (block.type === 'opaque') return 'a part of it is known to its own vendor only'
  if (block.type === 'refusal') return 'the model was refusing'
  return block.type === 'tool_call' && 'legacy' in block ? 'it holds a call that has no id' : null
}

/** Further choices and candidates ride along unread; only the first is read. */
function isOfFurtherAnswer(value: unknown): boolean {
  const { choices, candidates } = Object(value) as { choices?: unknown; candidates?: unknown }
  const list: unknown = choices ?? candidates
  return Array.isArray(list) && list.some((one) => Number((Object(one) as { index?: unknown }).index) > 0)
}

function sizeOf(event: ModelEvent): number {
  if (event.type !== 'block_delta') return 100
  const { delta } = event
  if (delta.type === 'arguments') return delta.json.length
  if (delta.type === 'signature') return delta.signature.length
  return delta.type === 'opaque' ? 1_000 : delta.text.length
}

function join(one: ModelEvent, next: ModelEvent): ModelEvent | null {
  if (one.type !== 'block_delta' || next.type !== 'block_delta' || one.index !== next.index) return null
  const [a, b] = [one.delta, next.delta]
  if (a.type === 'text' && b.type === 'text') return { ...one, delta: { ...a, text: a.text + b.text } }
  if (a.type === 'thinking' && b.type === 'thinking')
    return { ...one, delta: { ...a, text: a.text + b.text } }
  if (a.type === 'arguments' && b.type === 'arguments')
    return { ...one, delta: { ...a, json: a.json + b.json } }
  return null
}
