import { hash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import type { Identity } from '@agentproxy/plugin'

export interface TaskToken {
  readonly taskId: string
  readonly purpose: 'agent' | 'reasoner'
}

const OWNER: Identity = Object.freeze({ kind: 'owner', taskId: null, purpose: null })
const TOKEN_HEADERS = ['authorization', 'x-api-key', 'x-goog-api-key'] as const
const BEARER = /^bearer +(\S+)$/i

/** Knows who a request is from. Keeps only hashes, so nothing read from here can be used to authenticate. */
export class TokenBook {
  readonly #owner: Buffer
  readonly #tasks = new Map<string, Identity>()

  constructor(ownerToken: string) {
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

  /** Looks in every header a client may send a key in; Claude Code sends two at once when both of its variables are set. */
  identify(headers: IncomingHttpHeaders): Identity | null {
    return (
      this.#check(BEARER.exec(headers.authorization ?? '')?.[1]) ??
      this.#check(headers['x-api-key']) ??
      this.#check(headers['x-goog-api-key'])
    )
  }

  /** The headers that hold a token of ours, by lower-case name, be it among others. Plugins are not shown them. */
  headersWithToken(headers: IncomingHttpHeaders): readonly string[] {
    return TOKEN_HEADERS.filter((name) => {
      const values = String(headers[name] ?? '').split(', ')
      return values.some((value) => this.identify({ [name]: value }) !== null)
    })
  }

  #check(token: string | string[] | undefined): Identity | null {
    if (typeof token !== 'string' || token === '') return null
    const digested = digest(token)
    if (timingSafeEqual(digested, this.#owner)) return OWNER
    return this.#tasks.get(digested.toString('hex')) ?? null
  }
}

function digest(token: string): Buffer {
  return hash('sha256', token, 'buffer')
}
