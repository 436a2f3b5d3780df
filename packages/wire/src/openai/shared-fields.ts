import type { JsonRecord } from '../json/json-record.ts'
import type { WireFormat } from '../model/format-name.ts'
import type { ModelRequest } from '../model/request.ts'

/** Fields that both of OpenAI's formats know by the same name and meaning; `store` means something else in each. */
const SHARED = ['metadata', 'prompt_cache_key', 'prompt_cache_retention', 'safety_identifier'] as const

/**
 * What rode along from OpenAI's other format and is said there too; `extras` is what is left of it. From any other
 * format nothing.
 */
export function takeOpenaiFields(
  { source, extras }: ModelRequest,
  target: WireFormat,
): { readonly shared: JsonRecord; readonly extras: ModelRequest['extras'] } {
  if (extras === undefined || source.format === target || !source.format.startsWith('openai-'))
    return { shared: {}, extras }
  const fields: Record<string, unknown> = { ...extras.fields }
  const shared: Record<string, unknown> = {}
  for (const name of SHARED) {
    if (fields[name] !== undefined) shared[name] = fields[name]
    delete fields[name]
  }
  return { shared, extras: { ...extras, fields } }
}
