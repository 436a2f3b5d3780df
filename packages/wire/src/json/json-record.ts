import { WireReadError } from '../errors.ts'

export type JsonRecord = Readonly<Record<string, unknown>>

/** Whether a parsed JSON value is an object, not an array and not null. */
export function isRecord(value: unknown): value is JsonRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function recordAt(value: unknown, pointer: string): JsonRecord {
  if (isRecord(value)) return value
  throw wrongType(value, 'an object', pointer)
}

export function arrayAt(value: unknown, pointer: string): readonly unknown[] {
  if (Array.isArray(value)) return value
  throw wrongType(value, 'an array', pointer)
}

export function stringAt(value: unknown, pointer: string): string {
  if (typeof value === 'string') return value
  throw wrongType(value, 'a string', pointer)
}

/** Undefined for an absent or null value. */
export function optionalString(value: unknown, pointer: string): string | undefined {
  return value === undefined || value === null ? undefined : stringAt(value, pointer)
}

/** Undefined for an absent or null value. */
export function optionalNumber(value: unknown, pointer: string): number | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value === 'number') return value
  throw wrongType(value, 'a number', pointer)
}

/** Undefined for an absent or null value. */
export function optionalBoolean(value: unknown, pointer: string): boolean | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value === 'boolean') return value
  throw wrongType(value, 'true or false', pointer)
}

function wrongType(value: unknown, expected: string, pointer: string): WireReadError {
  if (value === undefined)
    return new WireReadError('MISSING_FIELD', pointer, `Expected ${expected}, found nothing`)
  const found = value === null ? 'null' : Array.isArray(value) ? 'an array' : `a ${typeof value}`
  return new WireReadError('WRONG_TYPE', pointer, `Expected ${expected}, found ${found}`)
}
