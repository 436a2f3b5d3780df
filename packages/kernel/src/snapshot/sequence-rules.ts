import { modifiableFields, refusalOf } from './hook-rules.ts'
import type { BoundHandler } from './handler.ts'
import type { SequenceRules, Step } from './sequence.ts'
import type { GuardVerdict, TransformVerdict } from './snapshot.ts'

type Blocked = Extract<GuardVerdict, { readonly blocked: true }>

const PASSED: GuardVerdict = Object.freeze({ blocked: false })

/** In order; the first block wins. */
export const guardRules: SequenceRules<GuardVerdict> = {
  read(handler, value) {
    const outcome = outcomeOf(value)
    if (outcome['action'] === 'continue') return null
    if (outcome['action'] === 'block') return { end: true, answer: blockedBy(handler, outcome['reason']) }
    throw new TypeError('returned something other than ok() or block()')
  },
  refuse: blockedBy,
  finish: () => PASSED,
}

/** In order; each handler sees what the former made of the fields it may change. */
export const transformRules: SequenceRules<TransformVerdict<unknown>> = {
  read(handler, value, payload) {
    const outcome = outcomeOf(value)
    if (outcome['action'] === 'continue') return null
    if (outcome['action'] === 'block') return { end: true, answer: blockedBy(handler, outcome['reason']) }
    if (outcome['action'] === 'modify') return patched(handler, outcome['patch'], payload)
    throw new TypeError('returned something other than ok(), block() or modify()')
  },
  refuse: blockedBy,
  finish: (payload) => ({ blocked: false, payload }),
}

/** In order until a handler gives an answer other than null. */
export const firstRules: SequenceRules<unknown> = {
  read: (_handler, value) => (value === null ? null : { end: true, answer: value }),
  refuse: (handler, reason) => refusalOf(handler.hook)?.(reason) ?? null,
  finish: () => null,
}

function blockedBy(handler: BoundHandler, reason: unknown): Blocked {
  const words = typeof reason === 'string' && reason !== '' ? reason : 'no reason given'
  return { blocked: true, reason: words, plugin: handler.owner.plugin }
}

function outcomeOf(value: unknown): Readonly<Record<string, unknown>> {
  return isRecord(value) ? value : {}
}

function patched(handler: BoundHandler, patch: unknown, payload: unknown): Step<TransformVerdict<unknown>> {
  if (!isRecord(patch)) throw new TypeError('called modify() without an object')
  const fields = modifiableFields(handler.hook)
  const unknown = Object.keys(patch).filter((field) => !fields.has(field))
  if (unknown.length > 0)
    throw new TypeError(`may not modify ${unknown.join(', ')}; it may modify ${[...fields].join(', ')}`)
  const given = Object.entries(patch).filter(([, value]) => value !== undefined)
  return { end: false, payload: { ...(payload as object), ...Object.fromEntries(given) } }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
