import { defined } from '../json/defined.ts'
import { isRecord } from '../json/json-record.ts'
import type { Reporter } from '../model/reporter.ts'
import type {
  ContentBlock,
  DocumentBlock,
  ImageBlock,
  MediaSource,
  Place,
  TextBlock,
  ThinkingBlock,
  ToolCallBlock,
  ToolResultBlock,
} from '../model/request.ts'
import { encodeToolId } from './tool-id.ts'

type Written = Record<string, unknown>

/** Writes blocks in order; those the Messages format cannot say are reported and left out. */
export function writeBlocks(
  blocks: readonly ContentBlock[],
  placeOf: (index: number) => Place,
  to: Reporter,
): Written[] {
  const written: Written[] = []
  for (const [index, block] of blocks.entries()) {
    const one = writeBlock(block, placeOf(index), to)
    if (one !== null) written.push(one)
  }
  return written
}

/** One text without any mark is written as a string, everything else as blocks. */
export function compact(blocks: readonly Written[]): string | readonly Written[] {
  const [only] = blocks
  if (blocks.length !== 1 || only?.['type'] !== 'text' || Object.keys(only).length !== 2) return blocks
  return typeof only['text'] === 'string' ? only['text'] : blocks
}

function writeBlock(block: ContentBlock, place: Place, to: Reporter): Written | null {
  switch (block.type) {
    case 'text':
      return writeText(block, place, to)
    case 'thinking':
      return writeThinking(block, place, to)
    case 'redacted_thinking':
      if (block.issuer === 'anthropic') return { type: 'redacted_thinking', data: block.data }
      to.add('dropped', 'thinking-foreign', place, `Hidden thinking of ${block.issuer} goes back only there.`)
      return null
    case 'image':
      return writeImage(block, place, to)
    case 'document':
      return writeDocument(block, place, to)
    case 'audio':
      to.add('dropped', 'audio-unsupported', place, 'The Messages format takes no audio.')
      return null
    case 'tool_call':
      return writeToolCall(block, place, to)
    case 'tool_result':
      return writeToolResult(block, place, to)
    case 'refusal':
      to.add('changed', 'refusal-as-text', place, 'The refusal was written as plain text.')
      return { type: 'text', text: block.text }
    case 'opaque':
      if (block.format === 'anthropic') return block.value
      to.add(
        'dropped',
        'block-unsupported',
        place,
        `A ${block.format} block of type ${typeName(block.value)} has no counterpart.`,
      )
      return null
  }
}

function writeText(block: TextBlock, place: Place, to: Reporter): Written | null {
  // Messages refuses empty text blocks; other formats use them to say nothing.
  if (block.text === '' && !to.isSameFormat) return null
  const { citations } = block
  if (citations !== undefined && citations.format !== 'anthropic') {
    to.add('dropped', 'citations-unsupported', place, `Citations of ${citations.format} have no counterpart.`)
  }
  return defined({
    type: 'text',
    text: block.text,
    citations: citations?.format === 'anthropic' ? citations.items : undefined,
    cache_control: block.cacheControl,
    ...to.riding(block.extras, place),
  })
}

function writeThinking(block: ThinkingBlock, place: Place, to: Reporter): Written | null {
  if (block.issuer === 'anthropic') {
    return {
      type: 'thinking',
      thinking: block.text,
      signature: block.signature ?? '',
      ...to.riding(block.extras, place),
    }
  }
  to.add(
    'dropped',
    'thinking-foreign',
    place,
    `Thinking of ${block.issuer} is not signed by Anthropic and would be refused.`,
  )
  return null
}

function writeImage(block: ImageBlock, place: Place, to: Reporter): Written | null {
  const source = writeSource(block.source)
  if (source === null) {
    to.add(
      'dropped',
      'image-source-unsupported',
      place,
      'The image is a stored file or an address that Anthropic cannot read.',
    )
    return null
  }
  if (block.detail !== undefined && block.detail !== 'auto') {
    to.add(
      'dropped',
      'image-detail-unsupported',
      place,
      'The Messages format does not say how closely to look at an image.',
    )
  }
  return defined({
    type: 'image',
    source,
    cache_control: block.cacheControl,
    ...to.riding(block.extras, place),
  })
}

function writeDocument(block: DocumentBlock, place: Place, to: Reporter): Written | null {
  const source =
    block.source.kind === 'text' ? textSource(block.source.text) : writeDocumentSource(block.source)
  if (source === null) {
    to.add(
      'dropped',
      'document-source-unsupported',
      place,
      'The document is a stored file that Anthropic cannot read.',
    )
    return null
  }
  const { title, cacheControl, extras } = block
  return defined({
    type: 'document',
    source,
    title,
    cache_control: cacheControl,
    ...to.riding(extras, place),
  })
}

function writeDocumentSource(source: MediaSource): Written | null {
  if (source.kind === 'data' && source.mediaType.startsWith('text/')) {
    return textSource(Buffer.from(source.data, 'base64').toString('utf8'))
  }
  return writeSource(source)
}

function textSource(text: string): Written {
  return { type: 'text', media_type: 'text/plain', data: text }
}

function writeSource(source: MediaSource): Written | null {
  switch (source.kind) {
    case 'data':
      return { type: 'base64', media_type: source.mediaType, data: source.data }
    case 'url':
      return source.url.startsWith('data:') ? null : { type: 'url', url: source.url }
    case 'file':
      return source.issuer === 'anthropic' ? { type: 'file', file_id: source.id } : null
  }
}

function writeToolCall(block: ToolCallBlock, place: Place, to: Reporter): Written {
  if (block.namespace !== undefined) {
    to.add(
      'emulated',
      'tool-namespace-in-name',
      place,
      `The namespace "${block.namespace}" is said within the name of the tool.`,
    )
  }
  return defined({
    type: 'tool_use',
    id: encodeToolId(block.id),
    name: to.toolName(block.name, place),
    input: toolInput(block, place, to),
    cache_control: block.cacheControl,
    ...to.riding(block.extras, place),
  })
}

/** Messages wants the arguments as an object. Text that is none is kept whole inside one. */
function toolInput(block: ToolCallBlock, place: Place, to: Reporter): Written {
  if (block.freeform === true) {
    to.add(
      'emulated',
      'freeform-call-as-object',
      place,
      'The plain text given to a tool was wrapped as {"input": ...}.',
    )
    return { input: block.arguments }
  }
  if (block.arguments.trim() === '') return {}
  const input = parseOrNull(block.arguments)
  if (isRecord(input)) return input
  to.add(
    'changed',
    'tool-arguments-not-an-object',
    place,
    'The arguments were no JSON object and were wrapped as {"raw_arguments": ...}.',
  )
  return { raw_arguments: block.arguments }
}

function parseOrNull(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return null
  }
}

function writeToolResult(block: ToolResultBlock, place: Place, to: Reporter): Written {
  const content = writeBlocks(block.content, (inner) => ({ ...place, inner }), to)
  return defined({
    type: 'tool_result',
    tool_use_id: encodeToolId(block.callId),
    content: content.length === 0 ? undefined : compact(content),
    is_error: block.isError || undefined,
    cache_control: block.cacheControl,
    ...to.riding(block.extras, place),
  })
}

function typeName(value: Readonly<Record<string, unknown>>): string {
  return typeof value['type'] === 'string' ? `"${value['type']}"` : 'unknown'
}
