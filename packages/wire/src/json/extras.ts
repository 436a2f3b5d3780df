import type { LossReport } from '../loss.ts'
import type { WireFormat } from '../model/format-name.ts'
import type { Extras } from '../model/request.ts'
import { isRecord } from './json-record.ts'
import type { JsonRecord } from './json-record.ts'
import { childPointer } from './pointer.ts'

/** The fields a reader did not take, or undefined when it took all. */
export function extrasOf(format: WireFormat, rest: JsonRecord): Extras | undefined {
  for (const key in rest) if (rest[key] !== undefined) return { format, fields: rest }
  return undefined
}

/** The extras to put back when writing `format`; those of another format are reported as dropped and left out. */
export function ridingFields(
  extras: Extras | undefined,
  format: WireFormat,
  report: {
    readonly loss: LossReport
    readonly pointer: () => string
    readonly spelled?: ((pointer: string) => string) | undefined
  },
): JsonRecord | undefined {
  if (extras === undefined || extras.format === format) return extras?.fields
  // Most foreign extras are spelling alone; finding where they stand is not free.
  if (Object.keys(extras.fields).every((key) => extras.spelling?.includes(key))) return undefined
  reportFields(extras, extras.fields, report.pointer(), (pointer, key) => {
    const at = report.spelled?.(pointer) ?? pointer
    report.loss.add('dropped', 'unknown-field', at, `${format} has no place for "${key}".`)
  })
  return undefined
}

function reportFields(
  extras: Extras,
  fields: JsonRecord,
  parent: string,
  report: (pointer: string, key: string) => void,
): void {
  for (const [key, value] of Object.entries(fields)) {
    if (extras.spelling?.includes(key)) continue
    const pointer = childPointer(parent, key)
    if (extras.partial?.includes(key) && isRecord(value)) reportFields(extras, value, pointer, report)
    else report(pointer, key)
  }
}
