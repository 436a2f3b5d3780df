import { hash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import type { Identity } from '@agentproxy/plugin'
import type { KeyRecord, Store } from '@agentproxy/store'
import { hashKey, isOver, KEY_PREFIX } from './virtual-key.ts'

export interface TaskToken {
  readonly taskId: string
  readonly purpose: 'agent' | 'reasoner'
}

/** Values by lower-case header name, as the client sent them. */
export type ClientCredentials = Readonly<Record<string, string>>

type Keys = Pick<Store['keys'], 'find'>

const OWNER: Identity = Object.freeze({ kind: 'owner', taskId: null, purpose: null })
/** The gateway's token alone, from clients whose usual headers hold a credential of their own for the vendor. */
const GATEWAY_HEADER = 'x-agentproxy-token'
const TOKEN_HEADERS = ['authorization', 'x-api-key', 'x-goog-api-key'] as const
const TOKEN_HEADERS_AND_OURS = [GATEWAY_HEADER, ...TOKEN_HEADERS] as const
/** What our own tokens begin with: even one that is good no more must not reach a vendor. */
const OUR_PREFIX = /^(?:bearer +)?ap-(?:task|key)-/i
const BEARER = /^bearer +(\S+)$/i

/** Knows who a request is from. Keeps only hashes, so nothing read from here can be used to authenticate. */
export class TokenBook {
  readonly #owner: Buffer
  readonly #tasks = new Map<string, Identity>()

  readonly #keys: Keys | null
  /** A program shows the same token with every request of a connection, so its hash is remembered for as long as that lasts. */
  readonly #shown = new WeakMap<object, { readonly token: string; readonly digested: Buffer }>()
  /** The virtual keys among a request's headers, once they were looked up. */
  readonly #found = new WeakMap<IncomingHttpHeaders, ReadonlyMap<string, KeyRecord>>()

  constructor(ownerToken: string, keys: Keys | null = null) {
    this.#keys = keys
    this.#owner = digest(ownerToken)
  }

  /** A new token for one task's agent or reasoner; it works until the task's tokens are revoked. */
  issue({ taskId, purpose }: TaskToken): string {
    const token = `ap-task-${randomBytes(32).toString('base64url')}`
    this.#tasks.set(digest(token).toString('hex'), Object.freeze({ kind: 'task', taskId, purpose }))
    return token
  }

  revoke(taskId: string): void {
    for (const [digested, identity] of this.#tasks) {
      if (identity.taskId === taskId) this.#tasks.delete(digested)
    }
  }

  /**
   * Looks up the virtual keys among these headers, which the questions below need; null = there is none, which costs nothing.
   * Rejects with the store's error.
   */
  lookUp(headers: IncomingHttpHeaders): Promise<void> | null {
    if (this.#keys === null || !TOKEN_HEADERS_AND_OURS.some((name) => mentionsKey(headers[name]))) return null
    const tokens = tokensIn(headers).filter((token) => token.startsWith(KEY_PREFIX))
    return tokens.length === 0 ? null : this.#lookUp(this.#keys, headers, tokens)
  }

  /** Looks in every header a client may send a key in; Claude Code sends two at once when both of its variables are set. */
  identify(headers: IncomingHttpHeaders, connection: object | null = null): Identity | null {
    for (const token of tokensIn(headers)) {
      const identity = this.#check(token, headers, connection)
      if (identity !== null) return identity
    }
    return null
  }

  /** Why a key among these headers is good no more, in words for its holder; null = there is no such key. */
  explain(headers: IncomingHttpHeaders): string | null {
    for (const token of tokensIn(headers)) {
      const key = this.#found.get(headers)?.get(token)
      if (key === undefined) continue
      const { revokedAt, expiresAt } = key
      if (revokedAt !== null) return 'The key was revoked. Ask its owner for another.'
      if (expiresAt !== null && expiresAt <= Date.now())
        return `The key expired at ${new Date(expiresAt).toISOString()}. Ask its owner for another.`
    }
    return null
  }

  /** The client's own credential for a vendor, by the lower-case header it came in; null = it sent none. */
  clientCredentials(headers: IncomingHttpHeaders): ClientCredentials | null {
    if (headers[GATEWAY_HEADER] === undefined) return null
    const found = TOKEN_HEADERS.flatMap((name) => {
      const value = headers[name]
      const isTheirs = typeof value === 'string' && value !== '' && !this.#holdsToken(name, value)
      return isTheirs ? [[name, value] as const] : []
    })
    return found.length === 0 ? null : Object.fromEntries(found)
  }

  /** The headers that hold a token of ours, be it among others, or a client's own credential. Plugins are not shown them. */
  secretHeaders(headers: IncomingHttpHeaders): readonly string[] {
    const present = TOKEN_HEADERS.filter((name) => headers[name] !== undefined)
    if (headers[GATEWAY_HEADER] !== undefined) return [GATEWAY_HEADER, ...present]
    return present.filter((name) => this.#holdsToken(name, String(headers[name])))
  }

  /** Node joins what was sent under one name more than once. */
  #holdsToken(name: string, values: string): boolean {
    return values
      .split(', ')
      .some((value) => OUR_PREFIX.test(value) || this.identify({ [name]: value }) !== null)
  }

  /** By their hashes, whose beginning tells whoever times the search nothing of the key. */
  async #lookUp(keys: Keys, headers: IncomingHttpHeaders, tokens: readonly string[]): Promise<void> {
    const found = new Map<string, KeyRecord>()
    for (const token of tokens) {
      const record = await keys.find(hashKey(token))
      if (record !== null) found.set(token, record)
    }
    this.#found.set(headers, found)
  }

  #check(token: string, headers: IncomingHttpHeaders, connection: object | null): Identity | null {
    const digested = connection === null ? digest(token) : this.#digestShown(token, connection)
    if (timingSafeEqual(digested, this.#owner)) return OWNER
    return this.#tasks.get(digested.toString('hex')) ?? this.#checkKey(token, headers)
  }

  #digestShown(token: string, connection: object): Buffer {
    const known = this.#shown.get(connection)
    if (known?.token === token) return known.digested
    const digested = digest(token)
    this.#shown.set(connection, { token, digested })
    return digested
  }

  #checkKey(token: string, headers: IncomingHttpHeaders): Identity | null {
    const key = this.#found.get(headers)?.get(token)
    if (key === undefined || isOver(key, Date.now())) return null
    return Object.freeze({ kind: 'key', taskId: null, purpose: null, keyId: key.id, keyName: key.name })
  }
}

function tokensIn(headers: IncomingHttpHeaders): readonly string[] {
  const named = headers[GATEWAY_HEADER]
  if (named !== undefined) return [String(named)]
  const all = [BEARER.exec(headers.authorization ?? '')?.[1], headers['x-api-key'], headers['x-goog-api-key']]
  return all.filter((token): token is string => typeof token === 'string' && token !== '')
}

function mentionsKey(value: string | string[] | undefined): boolean {
  return value !== undefined && value.includes(KEY_PREFIX)
}

function digest(token: string): Buffer {
  return hash('sha256', token, 'buffer')
}
