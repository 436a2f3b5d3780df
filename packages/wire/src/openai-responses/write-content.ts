import { defined } from '../json/defined.ts'
import { reportOpaqueBlock, writeOpaqueBlock } from '../model/opaque.ts'
import type { Reporter } from '../model/reporter.ts'
import type {
  AudioBlock,
  ContentBlock,
  DocumentBlock,
  ImageBlock,
  MediaSource,
  Place,
  TextBlock,
} from '../model/request.ts'
import { writeDataUrl } from '../openai/data-url.ts'

export type Written = Record<string, unknown>

/** A block as a part of a user, system or developer message or of a tool's output; null (and a report) if it has none. */
export function writeInputPart(block: ContentBlock, place: Place, to: Reporter): Written | null {
  switch (block.type) {
    case 'text':
      return writeText('input_text', block, { place, to })
    case 'refusal':
      to.add('changed', 'refusal-as-text', place, 'Only an assistant message says a refusal; it became text.')
      return { type: 'input_text', text: block.text }
    case 'image':
      return writeImage(block, place, to)
    case 'document':
      return writeDocument(block, place, to)
    case 'audio':
      return writeAudio(block, place, to)
    case 'opaque':
      return writeOpaqueBlock(block, place, to)
    case 'thinking':
    case 'redacted_thinking':
    case 'tool_call':
    case 'tool_result':
      to.add('dropped', 'block-misplaced', place, `A ${block.type} cannot stand here.`)
      return null
  }
}

/** A part of an assistant message, which says text and refusals only. */
export function writeOutputPart(block: ContentBlock, place: Place, to: Reporter): Written | null {
  if (block.type === 'text') {
    const written = writeText('output_text', block, { place, to })
    const items = block.citations?.format === 'openai-responses' ? block.citations.items : []
    return { ...written, annotations: items }
  }
  if (block.type === 'refusal') return { type: 'refusal', refusal: block.text }
  if (block.type === 'opaque') return reportOpaqueBlock(block, place, to)
  to.add('dropped', 'block-misplaced', place, `An assistant message holds no ${block.type}.`)
  return null
}

function writeText(
  type: 'input_text' | 'output_text',
  block: TextBlock,
  { place, to }: { readonly place: Place; readonly to: Reporter },
): Written {
  if (block.citations !== undefined && block.citations.format !== 'openai-responses') {
    to.add(
      'dropped',
      'citations-unsupported',
      place,
      `Citations of ${block.citations.format} have no counterpart.`,
    )
  }
  to.ridingCache(block.cacheControl, place)
  return { type, text: block.text, ...to.riding(block.extras, place) }
}

function writeImage(
  { source, detail, cacheControl, extras }: ImageBlock,
  place: Place,
  to: Reporter,
): Written | null {
  const address = writeSource(source)
  if (address === null) {
    to.add('dropped', 'image-source-unsupported', place, 'The image is stored at another vendor.')
    return null
  }
  to.ridingCache(cacheControl, place)
  const { url, file_id } = address
  return defined({ type: 'input_image', image_url: url, file_id, detail, ...to.riding(extras, place) })
}

function writeDocument(block: DocumentBlock, place: Place, to: Reporter): Written | null {
  const { source, title, cacheControl } = block
  const extras = to.riding(block.extras, place)
  to.ridingCache(cacheControl, place)
  if (source.kind === 'text') {
    to.add('emulated', 'document-as-text', place, 'The document was written as text.')
    return { type: 'input_text', text: title === undefined ? source.text : `${title}\n\n${source.text}` }
  }
  const address = writeSource(source)
  if (address === null) {
    to.add('dropped', 'document-source-unsupported', place, 'The document is stored at another vendor.')
    return null
  }
  const isData = source.kind === 'data'
  const { url, file_id } = address
  return defined({
    type: 'input_file',
    file_data: isData ? url : undefined,
    file_url: isData ? undefined : url,
    file_id,
    // OpenAI requires a name beside the data.
    filename: title ?? (isData && !to.isSameFormat ? 'document' : undefined),
    ...extras,
  })
}

function writeAudio(
  { source, cacheControl, extras }: AudioBlock,
  place: Place,
  to: Reporter,
): Written | null {
  if (source.kind !== 'data') {
    to.add('dropped', 'audio-source-unsupported', place, 'Audio is taken only with its data.')
    return null
  }
  to.ridingCache(cacheControl, place)
  const input_audio = { data: source.data, format: source.mediaType.replace(/^audio\//, '') }
  return { type: 'input_audio', input_audio, ...to.riding(extras, place) }
}

function writeSource(source: MediaSource): { url?: string; file_id?: string } | null {
  switch (source.kind) {
    case 'data':
      return { url: writeDataUrl(source.mediaType, source.data) }
    case 'url':
      return { url: source.url }
    case 'file':
      // Both of OpenAI's formats name the same files.
      return source.issuer.startsWith('openai-') ? { file_id: source.id } : null
  }
}
