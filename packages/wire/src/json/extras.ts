import type { LossReport } from '../loss.ts'
import type { WireFormat } from '../model/format-name.ts'
import type { Extras } from '../model/request.ts'
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
  report: { readonly loss: LossReport; readonly pointer: () => string },
): JsonRecord | undefined {
  if (extras === undefined || extras.format === format) return extras?.fields
  const parent = report.pointer()
  for (const key of Object.keys(extras.fields)) {
    report.loss.add(
      'dropped',
      'unknown-field',
      childPointer(parent, key),
      `${format} has no place for "${key}".`,
    )
  }
  return undefined
}
