import { defined } from '../json/defined.ts'
import { writeOpaqueBlock } from '../model/opaque.ts'
import type { Reporter } from '../model/reporter.ts'
import type {
  AudioBlock,
  ContentBlock,
  DocumentBlock,
  ImageBlock,
  Place,
  TextBlock,
  ToolCallBlock,
} from '../model/request.ts'
import { writeDataUrl } from '../openai/data-url.ts'
import { fitToolId } from '../openai/tool-id.ts'

export type Written = Record<string, unknown>

/** Writes a block as a content part; one the format cannot say as a part is reported and null. */
export function writePart(block: ContentBlock, place: Place, to: Reporter): Written | null {
  switch (block.type) {
    case 'text':
      return writeText(block, place, to)
    case 'image':
      return writeImage(block, place, to)
    case 'document':
      return writeDocument(block, place, to)
    case 'audio':
      return writeAudio(block, place, to)
    case 'refusal':
      return { type: 'refusal', refusal: block.text }
    case 'thinking':
    case 'redacted_thinking':
      to.add('dropped', 'thinking-unsupported', place, `Thinking of ${block.issuer} goes back only there.`)
      return null
    case 'opaque':
      return writeOpaqueBlock(block, place, to)
    case 'tool_call':
    case 'tool_result':
      to.add('dropped', 'block-misplaced', place, `A ${block.type} cannot stand here in a chat message.`)
      return null
  }
}

function writeText(block: TextBlock, place: Place, to: Reporter): Written {
  if (block.citations !== undefined) {
    to.add('dropped', 'citations-unsupported', place, 'Chat messages carry no citations.')
  }
  return defined({
    type: 'text',
    text: block.text,
    cache_control: to.ridingCache(block.cacheControl, place),
    ...to.riding(block.extras, place),
  })
}

function writeImage(block: ImageBlock, place: Place, to: Reporter): Written | null {
  const { source, detail, cacheControl, extras } = block
  if (source.kind === 'file') {
    to.add('dropped', 'image-source-unsupported', place, 'A chat message cannot name a stored image.')
    return null
  }
  const url = source.kind === 'url' ? source.url : writeDataUrl(source.mediaType, source.data)
  return defined({
    type: 'image_url',
    image_url: defined({ url, detail }),
    cache_control: to.ridingCache(cacheControl, place),
    ...to.riding(extras, place),
  })
}

function writeDocument(block: DocumentBlock, place: Place, to: Reporter): Written | null {
  const { source, title, cacheControl } = block
  const extras = to.riding(block.extras, place)
  const cache_control = to.ridingCache(cacheControl, place)
  if (source.kind === 'text') {
    to.add('emulated', 'document-as-text', place, 'The document was written as text.')
    return defined({
      type: 'text',
      text: title === undefined ? source.text : `${title}\n\n${source.text}`,
      cache_control,
    })
  }
  if (source.kind === 'data') {
    // OpenAI requires a name beside the data.
    const filename = title ?? (to.isSameFormat ? undefined : 'document')
    const file_data = writeDataUrl(source.mediaType, source.data)
    return defined({ type: 'file', file: defined({ filename, file_data }), cache_control, ...extras })
  }
  // Both of OpenAI's formats name the same files.
  if (source.kind === 'file' && source.issuer.startsWith('openai-')) {
    return defined({
      type: 'file',
      file: defined({ file_id: source.id, filename: title }),
      cache_control,
      ...extras,
    })
  }
  if (source.kind === 'url' && to.isSameFormat) {
    return defined({
      type: 'file',
      file: defined({ file_data: source.url, filename: title }),
      cache_control,
      ...extras,
    })
  }
  to.add(
    'dropped',
    'document-source-unsupported',
    place,
    'A chat message takes a document only with its data.',
  )
  return null
}

function writeAudio(block: AudioBlock, place: Place, to: Reporter): Written | null {
  const { source, cacheControl, extras } = block
  if (source.kind !== 'data') {
    to.add('dropped', 'audio-source-unsupported', place, 'A chat message takes audio only with its data.')
    return null
  }
  return defined({
    type: 'input_audio',
    input_audio: { data: source.data, format: source.mediaType.replace(/^audio\//, '') },
    cache_control: to.ridingCache(cacheControl, place),
    ...to.riding(extras, place),
  })
}

/** One text without any mark is written as a string, which every compatible server takes; else parts. */
export function compact(parts: readonly Written[]): string | readonly Written[] {
  const [only] = parts
  if (parts.length !== 1 || only?.['type'] !== 'text' || Object.keys(only).length !== 2) return parts
  return typeof only['text'] === 'string' ? only['text'] : parts
}

export function writeToolCall(block: ToolCallBlock, place: Place, to: Reporter): Written {
  if (block.namespace !== undefined) {
    to.add(
      'emulated',
      'tool-namespace-in-name',
      place,
      `The namespace "${block.namespace}" is said within the name of the tool.`,
    )
  }
  to.ridingCache(block.cacheControl, place)
  const { arguments: input } = block
  const name = to.toolName(block.name, place)
  const call = block.freeform
    ? { type: 'custom', custom: { name, input } }
    : { type: 'function', function: { name, arguments: input } }
  return { id: toolId(block.id, place, to), ...call, ...to.riding(block.extras, place) }
}

export function toolId(id: string, place: Place, to: Reporter): string {
  if (to.isSameFormat) return id
  const fitted = fitToolId(id)
  if (fitted !== id)
    to.add('changed', 'tool-id-shortened', place, 'OpenAI takes tool ids of at most 40 characters.')
  return fitted
}
