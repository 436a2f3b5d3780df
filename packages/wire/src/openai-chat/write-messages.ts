import { defined } from '../json/defined.ts'
import type { Reporter } from '../model/reporter.ts'
import { isMadeId } from '../model/call-ids.ts'
import type { ContentBlock, ModelMessage, Place, SystemMessage, ToolResultBlock } from '../model/request.ts'
import { compact, toolId, writePart, writeToolCall } from './write-content.ts'
import type { Written } from './write-content.ts'

/** The system prompt and the conversation as one list of chat messages. */
export function writeMessages(to: Reporter): Written[] {
  const { system, messages } = to.request
  return [
    ...system.flatMap((message, index) => writeSpoken(message, { system: index }, to)),
    ...messages.flatMap((message, index) => writeMessage(message, { message: index }, to)),
  ]
}

type MessagePlace = { readonly system: number } | { readonly message: number }

function writeMessage(message: ModelMessage, place: MessagePlace, to: Reporter): Written[] {
  if (message.role === 'assistant') return writeAssistant(message, place, to)
  const results = message.content.flatMap((block, index) =>
    block.type === 'tool_result' ? [{ block, index }] : [],
  )
  if (results.length === 0) return writeSpoken(message, place, to)
  return writeResults(message, results, { place, to })
}

/** A message of parts alone. One that says nothing is left out, unless that is how it came. */
function writeSpoken(message: SystemMessage | ModelMessage, place: MessagePlace, to: Reporter): Written[] {
  const extras = to.riding(message.extras, place)
  const parts = writeParts(message.content, place, to)
  if (parts.length === 0 && !to.isSameFormat) return []
  if (to.isSameFormat || message.role === 'user')
    return [{ role: message.role, content: compact(parts), ...extras }]
  const { texts, following } = splitMedia(parts, place, to)
  return [
    ...(texts.length === 0 ? [] : [{ role: message.role, content: compact(texts), ...extras }]),
    ...following,
  ]
}

function isText({ type }: Written): boolean {
  return type === 'text' || type === 'refusal'
}

/** Only users say more than text: images, files and audio of anyone else follow in a user message. */
function splitMedia(
  parts: readonly Written[],
  place: MessagePlace,
  to: Reporter,
): { readonly texts: Written[]; readonly following: Written[] } {
  const media = parts.filter((part) => !isText(part))
  if (media.length > 0)
    to.add('emulated', 'message-media-moved', place, 'Images, files and audio follow in a user message.')
  const following = media.length === 0 ? [] : [{ role: 'user', content: media }]
  return { texts: parts.filter(isText), following }
}

function writeParts(blocks: readonly ContentBlock[], place: MessagePlace, to: Reporter): Written[] {
  return blocks
    .map((block, index) => writePart(block, { ...place, block: index }, to))
    .filter((part) => part !== null)
}

/**
 * Tool results are messages of their own, right after the calls; what else was said follows them. A tool message takes
 * text only, so images and files of a result move into that following message.
 */
function writeResults(
  message: ModelMessage,
  results: readonly { readonly block: ToolResultBlock; readonly index: number }[],
  { place, to }: { readonly place: MessagePlace; readonly to: Reporter },
): Written[] {
  const moved: Written[] = []
  const extras = to.riding(message.extras, place)
  const written = results.map(({ block, index }) => {
    const at = { ...place, block: index }
    const { text, media } = writeResultContent(block, at, to)
    moved.push(...media)
    if (block.isError)
      to.add('dropped', 'tool-error-flag-unsupported', at, 'A tool message cannot say that the tool failed.')
    to.ridingCache(block.cacheControl, at)
    const own = to.riding(block.extras, at)
    // A result that came without an id is of the legacy kind.
    if (to.isSameFormat && isMadeId(block.callId))
      return { role: 'function', name: block.name, content: text, ...extras, ...own }
    return { role: 'tool', tool_call_id: toolId(block.callId, at, to), content: text, ...extras, ...own }
  })
  const said = message.content
    .map((block, index) =>
      block.type === 'tool_result' ? null : writePart(block, { ...place, block: index }, to),
    )
    .filter((part) => part !== null)
  const following = [...moved, ...said]
  return following.length === 0 ? written : [...written, { role: 'user', content: compact(following) }]
}

function writeResultContent(
  block: ToolResultBlock,
  place: Place,
  to: Reporter,
): { text: string | readonly Written[]; media: Written[] } {
  const parts = block.content
    .map((inner, index) => writePart(inner, { ...place, inner: index }, to))
    .filter((part) => part !== null)
  if (to.isSameFormat) return { text: compact(parts), media: [] }
  const texts = parts.filter((part) => part['type'] === 'text')
  const media = parts.filter((part) => part['type'] !== 'text')
  if (media.length > 0) {
    to.add(
      'emulated',
      'tool-result-media-moved',
      place,
      'Images and files of the result follow in a user message.',
    )
  }
  if (texts.length > 0) return { text: compact(texts), media }
  return { text: media.length > 0 ? '(The result follows in the next message.)' : '', media }
}

/** A call that came without an id was a `function_call`. */
function writeCalls(calls: readonly Written[], to: Reporter): Written {
  const [first] = calls
  if (first === undefined) return {}
  const isLegacy = to.isSameFormat && typeof first['id'] === 'string' && isMadeId(first['id'])
  return isLegacy ? { function_call: first['function'] } : { tool_calls: calls }
}

function writeAssistant(message: ModelMessage, place: MessagePlace, to: Reporter): Written[] {
  const parts: Written[] = []
  const calls: Written[] = []
  let thinking: string | undefined
  let refusal: string | undefined
  for (const [index, block] of message.content.entries()) {
    const at = { ...place, block: index }
    if (block.type === 'tool_call') calls.push(writeToolCall(block, at, to))
    else if (block.type === 'thinking' && block.issuer === 'openai-chat')
      thinking = (thinking ?? '') + block.text
    else if (block.type === 'refusal') refusal = (refusal ?? '') + block.text
    else {
      const part = writePart(block, at, to)
      if (part === null) continue
      if (calls.length > 0)
        to.add('changed', 'text-after-tool-call', at, 'A chat message says its text before its calls.')
      parts.push(part)
    }
  }
  const extras = to.riding(message.extras, place)
  const { texts, following } = to.isSameFormat
    ? { texts: parts, following: [] }
    : splitMedia(parts, place, to)
  // Results must come right after their calls, so the media stand before them.
  const [before, after] = calls.length > 0 ? [following, []] : [[], following]
  const isEmpty = texts.length === 0 && calls.length === 0 && refusal === undefined
  if (isEmpty && !to.isSameFormat) return [...before, ...after]
  const spoken = defined({
    role: 'assistant',
    content: texts.length === 0 ? null : compact(texts),
    reasoning_content: thinking,
    refusal,
    ...writeCalls(calls, to),
    ...extras,
  })
  return [...before, spoken, ...after]
}
