import { randomUUID } from 'node:crypto'

const MADE = 'gcall_'
/** With its prefix and a count the id stays within 40 characters, the most any vendor takes whole. */
const MAX_SCOPE = 26

/**
 * An id for the nth call of an answer that came without one, unique over the conversation and legal for every vendor.
 * `isMadeId` knows it again, so that it never reaches Gemini.
 */
export function madeId(scope: string, nth: number): string {
  const legal = scope.replaceAll(/[^a-zA-Z0-9_-]/g, '').slice(-MAX_SCOPE)
  return `${MADE}${legal === '' ? randomUUID().slice(-12) : legal}_${nth}`
}

export function isMadeId(id: string): boolean {
  return /^gcall_[a-zA-Z0-9_-]+_\d+$/.test(id)
}

interface OpenCall {
  readonly id: string
  readonly name: string
}

/** Gives ids to the calls of a request that have none, and finds the call a result without id answers. */
export interface CallIds {
  call(id: string | undefined, name: string): string
  /** Without an id: the first unanswered call of that name. A result nobody asked for gets an id of its own. */
  result(id: string | undefined, name: string): string
}

export function createCallIds(): CallIds {
  const open: OpenCall[] = []
  let count = 0
  // Counted from the start of the conversation, so that a longer history has the same ids.
  const next = (): string => madeId('c', count++)
  return {
    call(given, name) {
      const id = given ?? next()
      open.push({ id, name })
      return id
    },
    result(given, name) {
      const at = open.findIndex((call) => (given === undefined ? call.name === name : call.id === given))
      if (at === -1) return given ?? next()
      const [call] = open.splice(at, 1)
      return given ?? call?.id ?? next()
    },
  }
}
