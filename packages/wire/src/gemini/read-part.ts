import { isRecord, optionalString, recordAt, stringAt } from '../json/json-record.ts'
import type { JsonRecord } from '../json/json-record.ts'
import type { ContentBlock, MediaSource, ToolCallBlock, ToolResultBlock } from '../model/request.ts'
import type { CallIds } from '../model/call-ids.ts'
import { geminiExtras } from './extras.ts'
import { NO_SIGNATURE } from './signature.ts'
import { readSignature } from './thinking-mark.ts'

/** Where files stand that were uploaded to Google; only its own models can read them. */
const OWN_FILES = 'https://generativelanguage.googleapis.com/'

/** Every part becomes one block, so that places stay where they were. */
export function readPart(value: unknown, pointer: string, ids: CallIds): ContentBlock {
  const part = recordAt(value, pointer)
  const { text, thought, functionCall, functionResponse, inlineData, fileData } = part
  if (isRecord(functionCall)) return readCall(part, functionCall, { pointer, ids })
  if (isRecord(functionResponse)) return readResult(part, functionResponse, { pointer, ids })
  const media = isRecord(inlineData)
    ? readInline(part, inlineData)
    : isRecord(fileData)
      ? readFile(part, fileData)
      : null
  if (media !== null) return media
  if (typeof text === 'string') return thought === true ? readThought(part, text) : readText(part, text)
  return { type: 'opaque', format: 'gemini', value: part }
}

function readText(part: JsonRecord, text: string): ContentBlock {
  const { text: _text, ...rest } = part
  return { type: 'text', text, extras: geminiExtras(rest, {}, spellingOf(rest)) }
}

function readThought(part: JsonRecord, text: string): ContentBlock {
  const { text: _text, thought: _thought, thoughtSignature, ...rest } = part
  const mark = readSignature(typeof thoughtSignature === 'string' ? thoughtSignature : '')
  return {
    type: 'thinking',
    issuer: mark.issuer,
    text,
    signature: mark.signature === '' ? undefined : mark.signature,
    extras: geminiExtras(rest),
  }
}

interface At {
  readonly pointer: string
  readonly ids: CallIds
}

function readCall(part: JsonRecord, call: JsonRecord, { pointer, ids }: At): ToolCallBlock {
  const { functionCall: _call, ...rest } = part
  const { id, name, args, ...unread } = call
  const called = stringAt(name, `${pointer}/functionCall/name`)
  return {
    type: 'tool_call',
    id: ids.call(optionalString(id, `${pointer}/functionCall/id`), called),
    name: called,
    arguments: JSON.stringify(args ?? {}),
    extras: geminiExtras(rest, { functionCall: unread }, spellingOf(rest)),
  }
}

function readResult(part: JsonRecord, result: JsonRecord, { pointer, ids }: At): ToolResultBlock {
  const { functionResponse: _result, ...rest } = part
  const { id, name, ...unread } = result
  const called = stringAt(name, `${pointer}/functionResponse/name`)
  const { text, isError } = readOutput(unread['response'], called)
  const parts = Array.isArray(unread['parts']) ? unread['parts'] : []
  return {
    type: 'tool_result',
    callId: ids.result(optionalString(id, `${pointer}/functionResponse/id`), called),
    name: called,
    content: [
      { type: 'text', text },
      ...parts.map((inner, index) => readPart(inner, `${pointer}/functionResponse/parts/${index}`, ids)),
    ],
    isError,
    // The response itself rides along too: the text says the same, but not in the same words.
    extras: geminiExtras(rest, { functionResponse: unread }, ['response', 'parts', ...spellingOf(rest)]),
  }
}

/**
 * "Use `output` to specify function output and `error` to specify error details"; without them all of it is the output.
 * The AI SDK wraps an output with the tool's name in `{name, content}` (@ai-sdk/google, as opencode sends it).
 */
function readOutput(response: unknown, called: string): { text: string; isError: boolean } {
  if (!isRecord(response))
    return { text: response === undefined ? '' : JSON.stringify(response), isError: false }
  const keys = Object.keys(response)
  const { output, result, error, name, content } = response
  if (keys.length === 1 && error !== undefined) return { text: asText(error), isError: true }
  if (keys.length === 2 && name === called && content !== undefined)
    return { text: asText(content), isError: false }
  const only = keys.length === 1 ? (output ?? result) : undefined
  return { text: asText(only ?? response), isError: false }
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function readInline(part: JsonRecord, inline: JsonRecord): ContentBlock | null {
  const { inlineData: _inline, ...rest } = part
  const { mimeType, data, ...unread } = inline
  if (typeof mimeType !== 'string' || typeof data !== 'string') return null
  const extras = geminiExtras(rest, { inlineData: unread }, spellingOf(rest))
  return mediaBlock(mimeType, { kind: 'data', mediaType: mimeType, data }, extras)
}

function readFile(part: JsonRecord, file: JsonRecord): ContentBlock | null {
  const { fileData: _file, ...rest } = part
  const { fileUri, ...unread } = file
  const { mimeType } = unread
  if (typeof fileUri !== 'string' || typeof mimeType !== 'string') return null
  // The type rides along: an address tells its own elsewhere.
  const extras = geminiExtras(rest, { fileData: unread }, ['mimeType', ...spellingOf(rest)])
  const isPublic = /^https?:/.test(fileUri) && !fileUri.startsWith(OWN_FILES)
  const source: MediaSource = isPublic
    ? { kind: 'url', url: fileUri }
    : { kind: 'file', issuer: 'gemini', id: fileUri }
  return mediaBlock(mimeType, source, extras)
}

/** null for a kind of media that no other format knows, such as video. */
function mediaBlock(
  mimeType: string,
  source: MediaSource,
  extras: ReturnType<typeof geminiExtras>,
): ContentBlock | null {
  if (mimeType.startsWith('image/')) return { type: 'image', source, extras }
  if (mimeType.startsWith('audio/')) return { type: 'audio', source, extras }
  if (mimeType === 'application/pdf' || mimeType.startsWith('text/'))
    return { type: 'document', source, extras }
  return null
}

/** The value that stands for no signature says nothing to another vendor. */
function spellingOf({ thoughtSignature }: JsonRecord): readonly string[] {
  return thoughtSignature === NO_SIGNATURE ? ['thoughtSignature'] : []
}
