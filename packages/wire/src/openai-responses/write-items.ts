import { defined } from '../json/defined.ts'
import type { Reporter } from '../model/reporter.ts'
import type {
  ContentBlock,
  ModelMessage,
  Place,
  SystemMessage,
  ToolCallBlock,
  ToolResultBlock,
} from '../model/request.ts'
import { fitToolId } from '../openai/tool-id.ts'
import { bareName } from './tool-name.ts'
import { writeInputPart, writeOutputPart } from './write-content.ts'
import type { Written } from './write-content.ts'
import { writeReasoningItem } from './write-reasoning.ts'

/** Longest `call_id` OpenAI takes. */
const MAX_CALL_ID = 64

export interface WrittenConversation {
  readonly instructions: string | undefined
  readonly input: Written[]
}

/** The system prompt and the conversation as `instructions` and items. */
export function writeConversation(to: Reporter): WrittenConversation {
  const { system, messages } = to.request
  const instructions = instructionsOf(to)
  const spoken = instructions === undefined ? system : system.slice(1)
  const offset = system.length - spoken.length
  const input = [
    ...spoken.flatMap((message, index) => writeSpoken(message, { system: index + offset }, to)),
    ...messages.flatMap((message, index) =>
      message.role === 'assistant'
        ? writeAssistant(message, { message: index }, to)
        : writeMessage(message, { message: index }, to),
    ),
  ]
  return { instructions, input }
}

/** What was said in `instructions`, or what another format said as its one first system text. */
function instructionsOf(to: Reporter): string | undefined {
  const [first] = to.request.system
  const [only] = first?.content ?? []
  if (first === undefined || only?.type !== 'text' || first.content.length !== 1) return undefined
  if (to.isSameFormat) return first.instructions === true ? only.text : undefined
  to.riding(first.extras, { system: 0 })
  to.riding(only.extras, { system: 0, block: 0 })
  to.ridingCache(only.cacheControl, { system: 0, block: 0 })
  return only.text
}

type MessagePlace = { readonly system: number } | { readonly message: number }

/** A message of parts alone. One that says nothing is left out, unless that is how it came. */
function writeSpoken(message: SystemMessage | ModelMessage, place: MessagePlace, to: Reporter): Written[] {
  const extras = to.riding(message.extras, place)
  const content = message.content
    .map((block, index) => writeInputPart(block, { ...place, block: index }, to))
    .filter((part) => part !== null)
  if (content.length === 0 && !to.isSameFormat) return []
  const role = message.role === 'tool' ? 'user' : message.role
  return [{ type: 'message', ...message.item, role, content, ...extras }]
}

/** Tool results are items of their own; what was said between them stays between them. */
function writeMessage(message: ModelMessage, place: { readonly message: number }, to: Reporter): Written[] {
  if (!message.content.some(({ type }) => type === 'tool_result')) return writeSpoken(message, place, to)
  const extras = to.riding(message.extras, place)
  const items: Written[] = []
  let parts: Written[] | null = null
  for (const [index, block] of message.content.entries()) {
    const at = { ...place, block: index }
    if (block.type === 'tool_result') {
      items.push({ ...writeResult(block, at, to), ...message.item, ...extras })
      parts = null
      continue
    }
    const part = writeInputPart(block, at, to)
    if (part === null) continue
    if (parts === null) {
      parts = []
      items.push({ type: 'message', role: 'user', content: parts })
    }
    parts.push(part)
  }
  return items
}

function writeResult(
  block: ToolResultBlock,
  place: { readonly message: number; readonly block: number },
  to: Reporter,
): Written {
  if (block.isError) {
    to.add('dropped', 'tool-error-flag-unsupported', place, 'An output item cannot say that the tool failed.')
  }
  to.ridingCache(block.cacheControl, place)
  const parts = block.content
    .map((inner, index) => writeInputPart(inner, { ...place, inner: index }, to))
    .filter((part) => part !== null)
  const [only] = parts
  const isPlain = parts.length === 1 && only?.['type'] === 'input_text' && Object.keys(only).length === 2
  return {
    type: isFreeformResult(block, to) ? 'custom_tool_call_output' : 'function_call_output',
    call_id: writeCallId(block.callId, place, to),
    output: parts.length === 0 ? '' : isPlain ? only['text'] : parts,
    ...to.riding(block.extras, place),
  }
}

/** Formats that do not tell a freeform result apart still have the call it answers. */
function isFreeformResult({ callId, freeform }: ToolResultBlock, to: Reporter): boolean {
  if (to.isSameFormat) return freeform === true
  return to.callOf(callId)?.freeform === true
}

function writeAssistant(message: ModelMessage, place: { readonly message: number }, to: Reporter): Written[] {
  to.riding(message.extras, place)
  const items: Written[] = []
  let parts: Written[] | null = null
  let head: Written = {}
  for (const [index, block] of message.content.entries()) {
    const at = { ...place, block: index }
    if (isHead(block)) {
      const { type: _type, ...fields } = block.value
      head = fields
      continue
    }
    const alone = writeAlone(block, at, to)
    if (alone !== undefined) {
      if (alone !== null) items.push(alone)
      if (alone !== null) parts = null
      continue
    }
    const part = writeOutputPart(block, at, to)
    if (part === null) continue
    const names = block.type === 'text' || block.type === 'refusal' ? block.item : undefined
    if (parts === null || names !== undefined) {
      parts = []
      items.push({ type: 'message', ...names, role: 'assistant', content: parts, ...head })
      head = {}
    }
    parts.push(part)
  }
  return items
}

/** The unknown fields of the message item that follows. */
function isHead(block: ContentBlock): block is Extract<ContentBlock, { type: 'opaque' }> {
  if (block.type !== 'opaque' || block.format !== 'openai-responses') return false
  return block.value['type'] === 'message' && !('content' in block.value)
}

/** A block that is an item by itself; null if it was left out, undefined if it is a part of a message. */
function writeAlone(block: ContentBlock, place: Place, to: Reporter): Written | null | undefined {
  switch (block.type) {
    case 'tool_call':
      return writeCall(block, place, to)
    case 'thinking':
    case 'redacted_thinking':
      return writeReasoningItem(block, place, to)
    case 'opaque':
      return block.format === 'openai-responses' ? block.value : undefined
    default:
      return undefined
  }
}

function writeCall(block: ToolCallBlock, place: Place, to: Reporter): Written {
  to.ridingCache(block.cacheControl, place)
  const { namespace, arguments: input } = block
  return defined({
    type: block.freeform === true ? 'custom_tool_call' : 'function_call',
    ...block.item,
    call_id: writeCallId(block.id, place, to),
    name: to.toolName(bareName(namespace, block.name), place),
    namespace,
    ...(block.freeform === true ? { input } : { arguments: input }),
    ...to.riding(block.extras, place),
  })
}

function writeCallId(id: string, place: Place, to: Reporter): string {
  if (to.isSameFormat) return id
  const fitted = fitToolId(id, MAX_CALL_ID)
  if (fitted !== id) {
    to.add(
      'changed',
      'tool-id-shortened',
      place,
      `OpenAI takes call ids of at most ${MAX_CALL_ID} characters.`,
    )
  }
  return fitted
}
