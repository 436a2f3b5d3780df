import { extrasOf } from '../json/extras.ts'
import { arrayAt, isRecord, recordAt, stringAt } from '../json/json-record.ts'
import type { JsonRecord } from '../json/json-record.ts'
import type { ContentBlock, MediaSource, ToolCallBlock } from '../model/request.ts'
import { readDataUrl } from '../openai/data-url.ts'

/** Content of a message: a string, parts, or nothing. */
export function readContent(value: unknown, pointer: string): ContentBlock[] {
  if (value === undefined || value === null) return []
  if (typeof value === 'string') return [{ type: 'text', text: value }]
  return arrayAt(value, pointer).map((part, index) =>
    readPart(recordAt(part, `${pointer}/${index}`), `${pointer}/${index}`),
  )
}

function readPart(part: JsonRecord, pointer: string): ContentBlock {
  const { type, text, refusal, cache_control, ...rest } = part
  const cacheControl = isRecord(cache_control) ? cache_control : undefined
  if (type === 'text') {
    return {
      type,
      text: stringAt(text, `${pointer}/text`),
      cacheControl,
      extras: extrasOf('openai-chat', rest),
    }
  }
  if (type === 'refusal') return { type, text: stringAt(refusal, `${pointer}/refusal`) }
  return readMedia(part) ?? { type: 'opaque', format: 'openai-chat', value: part }
}

/** null for a part that is no image, audio or file as documented. */
function readMedia(part: JsonRecord): ContentBlock | null {
  const { type, image_url, input_audio, file, cache_control, ...rest } = part
  const cacheControl = isRecord(cache_control) ? cache_control : undefined
  if (type === 'image_url' && isRecord(image_url) && typeof image_url['url'] === 'string') {
    const { url, detail, ...unread } = image_url
    if (typeof url !== 'string' || Object.keys(unread).length > 0) return null
    const extras = extrasOf('openai-chat', rest)
    return {
      type: 'image',
      source: readDataUrl(url),
      detail: typeof detail === 'string' ? detail : undefined,
      cacheControl,
      extras,
    }
  }
  if (type === 'input_audio' && isRecord(input_audio)) {
    const { data, format, ...unread } = input_audio
    if (typeof data !== 'string' || typeof format !== 'string' || Object.keys(unread).length > 0) return null
    const source: MediaSource = { kind: 'data', mediaType: `audio/${format}`, data }
    return { type: 'audio', source, cacheControl, extras: extrasOf('openai-chat', rest) }
  }
  if (type === 'file' && isRecord(file)) {
    const { file_id, file_data, filename, ...unread } = file
    const source = readFile(file_id, file_data)
    if (source === null || Object.keys(unread).length > 0) return null
    const title = typeof filename === 'string' ? filename : undefined
    return { type: 'document', source, title, cacheControl, extras: extrasOf('openai-chat', rest) }
  }
  return null
}

function readFile(id: unknown, data: unknown): MediaSource | null {
  if (typeof id === 'string') return { kind: 'file', issuer: 'openai-chat', id }
  return typeof data === 'string' ? readDataUrl(data) : null
}

export function readToolCalls(value: unknown, pointer: string): ToolCallBlock[] {
  if (value === undefined || value === null) return []
  return arrayAt(value, pointer).map((call, index) =>
    readToolCall(recordAt(call, `${pointer}/${index}`), `${pointer}/${index}`),
  )
}

function readToolCall(call: JsonRecord, pointer: string): ToolCallBlock {
  const { id, type, function: fn, custom, ...rest } = call
  const isCustom = type === 'custom'
  const body = recordAt(isCustom ? custom : fn, `${pointer}/${isCustom ? 'custom' : 'function'}`)
  const input = isCustom ? body['input'] : body['arguments']
  return {
    type: 'tool_call',
    id: stringAt(id, `${pointer}/id`),
    name: stringAt(body['name'], `${pointer}/${isCustom ? 'custom' : 'function'}/name`),
    arguments: typeof input === 'string' ? input : JSON.stringify(input ?? {}),
    freeform: isCustom ? true : undefined,
    extras: extrasOf('openai-chat', rest),
  }
}
