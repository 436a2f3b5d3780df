import type { Identity, Logger } from '@agentproxy/plugin'
import type { ResponseRecord, Store } from '@agentproxy/store'
import { inputItems, isItem } from './input-items.ts'
import type { Item } from './input-items.ts'

const DAY_MS = 24 * 60 * 60 * 1000
/** As long as OpenAI keeps them (platform.openai.com, Your data). */
const KEEP_MS = 30 * DAY_MS
const KEEP_COUNT = 10_000
const PRUNE_EVERY = 100

/** What is known of an id: a response of the caller's, one of somebody else's or a conversation that lost a part, or nothing. */
export type Known =
  /** `chain` is its whole conversation, oldest first; the last of it is `record`. */
  | { readonly kind: 'own'; readonly record: ResponseRecord; readonly chain: readonly ResponseRecord[] }
  | { readonly kind: 'refused' }
  | { readonly kind: 'unknown' }

export interface KeptResponse {
  readonly identity: Identity
  /** `seq` of the one it goes on from. */
  readonly previous: number | null
  readonly previousId: string | null
  readonly input: unknown
  readonly response: Item
}

/** Answers of the Responses format that conversations may go on from, each for whom it was given to. */
export class ResponseState {
  readonly #store: Store['responses']
  readonly #log: Logger
  /** Being written: an answer's reader may ask for it before it is. */
  readonly #writing = new Set<Promise<void>>()
  #added = 0

  constructor(store: Store['responses'], log: Logger) {
    this.#store = store
    this.#log = log
  }

  async find(identity: Identity, id: string): Promise<Known> {
    await Promise.all(this.#writing)
    const all = await this.#store.find(id)
    const record = all.find(({ owner }) => owner === ownerOf(identity))
    if (record === undefined) return { kind: all.length === 0 ? 'unknown' : 'refused' }
    const chain = await this.#store.chain(record.seq)
    if (chain === null) return { kind: 'refused' }
    return { kind: 'own', record, chain }
  }

  /** Never rejects, and does not make the answer wait. */
  keep({ identity, previous, previousId, input, response }: KeptResponse): void {
    const { id } = response
    if (typeof id !== 'string' || id === '') return
    const writing = this.#add({
      id,
      owner: ownerOf(identity),
      previous,
      at: Date.now(),
      input: inputItems(input),
      body: { ...response, previous_response_id: previousId, store: true },
    }).finally(() => this.#writing.delete(writing))
    this.#writing.add(writing)
  }

  async delete(identity: Identity, id: string): Promise<boolean> {
    await Promise.all(this.#writing)
    return this.#store.delete(ownerOf(identity), id)
  }

  async #add(record: Omit<ResponseRecord, 'seq'>): Promise<void> {
    try {
      await this.#store.add(record)
      if (this.#added++ % PRUNE_EVERY === 0)
        await this.#store.prune({ before: Date.now() - KEEP_MS, keep: KEEP_COUNT })
    } catch (error) {
      this.#log.error('Keeping a response failed; no conversation can go on from it', {
        response: record.id,
        error: error instanceof Error ? error.message : String(error),
      })
    }
  }
}

/** All that was said in a conversation. */
export function conversationOf(chain: readonly ResponseRecord[]): readonly Item[] {
  return chain.flatMap(({ input, body }) => [...input.filter(isItem), ...outputOf(body)])
}

/** What was said before the last answer of a conversation, and asked with it. */
export function inputOf(chain: readonly ResponseRecord[]): readonly Item[] {
  return chain.flatMap(({ input, body }, index) => [
    ...input.filter(isItem),
    ...(index === chain.length - 1 ? [] : outputOf(body)),
  ])
}

function outputOf({ output }: ResponseRecord['body']): readonly Item[] {
  return Array.isArray(output) ? output.filter(isItem) : []
}

/** Whose it is: the owner's, one task's, or one key's. */
function ownerOf({ kind, taskId, keyId }: Identity): string {
  return [kind, keyId ?? taskId].filter((part) => part !== null).join(':')
}
