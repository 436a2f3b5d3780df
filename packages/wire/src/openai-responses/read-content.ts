import { extrasOf } from '../json/extras.ts'
import { arrayAt, isRecord, recordAt, stringAt } from '../json/json-record.ts'
import type { JsonRecord } from '../json/json-record.ts'
import type { ContentBlock, MediaSource } from '../model/request.ts'
import { readDataUrl } from '../openai/data-url.ts'

/** Content of a message or a tool's output: a string or parts. */
export function readContent(value: unknown, pointer: string): ContentBlock[] {
  if (typeof value === 'string') return [{ type: 'text', text: value }]
  return arrayAt(value, pointer).map((part, index) => {
    const at = `${pointer}/${index}`
    return readPart(recordAt(part, at), at)
  })
}

function readPart(part: JsonRecord, pointer: string): ContentBlock {
  switch (part['type']) {
    case 'input_text':
    case 'output_text':
    case 'text': {
      const { type: _type, text, annotations, ...rest } = part
      const items = Array.isArray(annotations) ? annotations : []
      return {
        type: 'text',
        text: stringAt(text, `${pointer}/text`),
        citations: items.length > 0 ? { format: 'openai-responses', items } : undefined,
        extras: extrasOf('openai-responses', rest),
      }
    }
    case 'refusal':
      return { type: 'refusal', text: stringAt(part['refusal'] ?? part['text'], `${pointer}/refusal`) }
    default:
      return readMedia(part) ?? { type: 'opaque', format: 'openai-responses', value: part }
  }
}

/** null for a part that is no image, file or audio as documented. */
function readMedia(part: JsonRecord): ContentBlock | null {
  const { type, image_url, detail, file_id, file_data, file_url, filename, input_audio, ...rest } = part
  const extras = extrasOf('openai-responses', rest)
  if (type === 'input_image') {
    const source = readSource(file_id, [image_url])
    const look = typeof detail === 'string' ? detail : undefined
    return source === null ? null : { type: 'image', source, detail: look, extras }
  }
  if (type === 'input_file') {
    const isPlainData = typeof file_data === 'string' && readDataUrl(file_data).kind !== 'data'
    const source = isPlainData ? null : readSource(file_id, [file_data, file_url])
    const title = typeof filename === 'string' ? filename : undefined
    return source === null ? null : { type: 'document', source, title, extras }
  }
  if (type === 'input_audio' && isRecord(input_audio)) {
    const { data, format, ...unread } = input_audio
    if (typeof data !== 'string' || typeof format !== 'string' || Object.keys(unread).length > 0) return null
    return { type: 'audio', source: { kind: 'data', mediaType: `audio/${format}`, data }, extras }
  }
  return null
}

/** null unless exactly one of the places says what to look at. */
function readSource(id: unknown, addresses: readonly unknown[]): MediaSource | null {
  const files = [id].filter((value) => typeof value === 'string')
  const urls = addresses.filter((value) => typeof value === 'string')
  const [file] = files
  const [url] = urls
  if (files.length + urls.length !== 1) return null
  if (file !== undefined) return { kind: 'file', issuer: 'openai-responses', id: file }
  return url === undefined ? null : readDataUrl(url)
}
