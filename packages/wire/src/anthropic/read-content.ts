import { extrasOf } from '../json/extras.ts'
import {
  arrayAt,
  isRecord,
  optionalBoolean,
  optionalString,
  recordAt,
  stringAt,
} from '../json/json-record.ts'
import type { JsonRecord } from '../json/json-record.ts'
import type { CacheControl, Citations, ContentBlock, MediaSource, ToolResultBlock } from '../model/request.ts'
import { readSignature } from './thinking-mark.ts'
import { decodeToolId } from './tool-id.ts'

/** Content of a message, a system prompt or a tool result: a string, blocks, or nothing. */
export function readContent(value: unknown, pointer: string): ContentBlock[] {
  if (value === undefined || value === null) return []
  if (typeof value === 'string') return [{ type: 'text', text: value }]
  return arrayAt(value, pointer).map((block, index) => readBlock(block, `${pointer}/${index}`))
}

function readBlock(value: unknown, pointer: string): ContentBlock {
  const block = recordAt(value, pointer)
  switch (block['type']) {
    case 'text':
      return readText(block, pointer)
    case 'thinking':
      return readThinking(block, pointer)
    case 'redacted_thinking':
      return {
        type: 'redacted_thinking',
        issuer: 'anthropic',
        data: stringAt(block['data'], `${pointer}/data`),
      }
    case 'image':
    case 'document':
      return readMedia(block['type'], block, pointer)
    case 'tool_use':
      return readToolUse(block, pointer)
    case 'tool_result':
      return readToolResult(block, pointer)
    default:
      return { type: 'opaque', format: 'anthropic', value: block }
  }
}

function readText(block: JsonRecord, pointer: string): ContentBlock {
  const { type: _type, text, cache_control, citations, ...rest } = block
  return {
    type: 'text',
    text: stringAt(text, `${pointer}/text`),
    cacheControl: cacheOf(cache_control),
    citations: citationsOf(citations),
    extras: extrasOf('anthropic', rest),
  }
}

function readThinking(block: JsonRecord, pointer: string): ContentBlock {
  const { type: _type, thinking, signature, ...rest } = block
  const mark = readSignature(optionalString(signature, `${pointer}/signature`) ?? '')
  return {
    type: 'thinking',
    issuer: mark.issuer,
    text: stringAt(thinking, `${pointer}/thinking`),
    signature: mark.signature === '' ? undefined : mark.signature,
    extras: extrasOf('anthropic', rest),
  }
}

/** An image or document whose source is of a kind we do not know rides along whole. */
function readMedia(type: 'image' | 'document', block: JsonRecord, pointer: string): ContentBlock {
  const { type: _type, source, cache_control, title, ...rest } = block
  const media = readSource(recordAt(source, `${pointer}/source`))
  const isText = media !== null && media.kind === 'text'
  if (media === null || (type === 'image' && (isText || title !== undefined))) {
    return { type: 'opaque', format: 'anthropic', value: block }
  }
  const cacheControl = cacheOf(cache_control)
  const extras = extrasOf('anthropic', rest)
  if (type === 'document') {
    return { type, source: media, title: optionalString(title, `${pointer}/title`), cacheControl, extras }
  }
  return isText
    ? { type: 'opaque', format: 'anthropic', value: block }
    : { type, source: media, cacheControl, extras }
}

function readSource(source: JsonRecord): MediaSource | { kind: 'text'; text: string } | null {
  const { type, data, media_type, url, file_id } = source
  if (type === 'base64' && typeof data === 'string' && typeof media_type === 'string') {
    return { kind: 'data', mediaType: media_type, data }
  }
  if (type === 'url' && typeof url === 'string') return { kind: 'url', url }
  if (type === 'file' && typeof file_id === 'string')
    return { kind: 'file', issuer: 'anthropic', id: file_id }
  if (type === 'text' && typeof data === 'string') return { kind: 'text', text: data }
  return null
}

function readToolUse(block: JsonRecord, pointer: string): ContentBlock {
  const { type: _type, id, name, input, cache_control, ...rest } = block
  return {
    type: 'tool_call',
    id: decodeToolId(stringAt(id, `${pointer}/id`)),
    name: stringAt(name, `${pointer}/name`),
    arguments: JSON.stringify(input ?? {}),
    cacheControl: cacheOf(cache_control),
    extras: extrasOf('anthropic', rest),
  }
}

function readToolResult(block: JsonRecord, pointer: string): ToolResultBlock {
  const { type: _type, tool_use_id, content, is_error, cache_control, ...rest } = block
  return {
    type: 'tool_result',
    callId: decodeToolId(stringAt(tool_use_id, `${pointer}/tool_use_id`)),
    content: readContent(content, `${pointer}/content`),
    isError: optionalBoolean(is_error, `${pointer}/is_error`) ?? false,
    cacheControl: cacheOf(cache_control),
    extras: extrasOf('anthropic', rest),
  }
}

/** A prompt cache mark; undefined for an absent, null or unreadable one. */
export function cacheOf(value: unknown): CacheControl | undefined {
  return isRecord(value) ? value : undefined
}

function citationsOf(value: unknown): Citations | undefined {
  return Array.isArray(value) && value.length > 0 ? { format: 'anthropic', items: value } : undefined
}
