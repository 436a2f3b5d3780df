import { WireReadError } from '../errors.ts'
import { extrasOf } from '../json/extras.ts'
import { arrayAt, isRecord, recordAt, stringAt } from '../json/json-record.ts'
import type { JsonRecord } from '../json/json-record.ts'
import type { ContentBlock, ModelMessage, SystemMessage } from '../model/request.ts'
import { itemNames } from './item-names.ts'
import { readContent } from './read-content.ts'
import { readReasoningItem } from './read-reasoning.ts'
import type { Spot } from './source.ts'
import { flatName } from './tool-name.ts'

export interface Conversation {
  readonly system: SystemMessage[]
  readonly messages: ModelMessage[]
  readonly spots: { readonly system: Spot[]; readonly messages: Spot[] }
}

interface Entry {
  readonly message: ModelMessage
  readonly spot: Spot
}

interface PlacedBlock {
  readonly block: ContentBlock
  readonly at: string
}

/**
 * `instructions` and `input`. What the model said in a row (messages, reasoning, calls, items nobody here knows) is one
 * assistant message, as the other formats have it; leading system and developer messages are the system prompt.
 */
export function readConversation(instructions: unknown, input: unknown): Conversation {
  const entries = readEntries(input)
  const first = entries.findIndex(({ message }) => message.role !== 'system' && message.role !== 'developer')
  const leading = entries.slice(0, first === -1 ? entries.length : first)
  const rest = entries.slice(leading.length)
  const system: SystemMessage[] = leading.flatMap(({ message: { role, content, item, extras } }) =>
    role === 'system' || role === 'developer' ? [{ role, content, item, extras }] : [],
  )
  const spots = leading.map(({ spot }) => spot)
  if (instructions !== undefined && instructions !== null) {
    const text = stringAt(instructions, '/instructions')
    system.unshift({ role: 'system', content: [{ type: 'text', text }], instructions: true })
    spots.unshift({ at: '/instructions', blocks: ['/instructions'] })
  }
  return {
    system,
    messages: rest.map(({ message }) => message),
    spots: { system: spots, messages: rest.map(({ spot }) => spot) },
  }
}

function readEntries(input: unknown): Entry[] {
  if (input === undefined) return []
  if (typeof input === 'string') {
    const content: ContentBlock[] = [{ type: 'text', text: input }]
    return [{ message: { role: 'user', content }, spot: { at: '/input', blocks: ['/input'] } }]
  }
  const entries: Entry[] = []
  let run: { content: ContentBlock[]; blocks: string[] } | null = null
  for (const [index, value] of arrayAt(input, '/input').entries()) {
    const at = `/input/${index}`
    const item = recordAt(value, at)
    const alone = readAlone(item, at)
    if (alone !== null) {
      entries.push(alone)
      run = null
      continue
    }
    if (run === null) {
      run = { content: [], blocks: [] }
      entries.push({ message: { role: 'assistant', content: run.content }, spot: { at, blocks: run.blocks } })
    }
    for (const placed of readSpoken(item, at)) {
      run.content.push(placed.block)
      run.blocks.push(placed.at)
    }
  }
  return entries
}

/** Items that are a message by themselves: all but the model's own. */
function readAlone(item: JsonRecord, at: string): Entry | null {
  const { type, role } = item
  if (type === 'function_call_output' || type === 'custom_tool_call_output') return readOutput(item, at)
  if (!isMessage(item) || role === 'assistant') return null
  if (role !== 'user' && role !== 'system' && role !== 'developer') {
    throw new WireReadError('WRONG_TYPE', `${at}/role`, `"${String(role)}" is no role of a message`)
  }
  const { type: _type, role: _role, content, id, status, ...rest } = item
  const blocks = readContent(content, `${at}/content`)
  return {
    message: {
      role,
      content: blocks,
      item: itemNames(id, status),
      extras: extrasOf('openai-responses', rest),
    },
    spot: { at, blocks: partPointers(content, at) },
  }
}

/** `type` may be left out of a message. */
function isMessage({ type, role }: JsonRecord): boolean {
  return type === 'message' || (type === undefined && role !== undefined)
}

function readOutput(item: JsonRecord, at: string): Entry {
  const { type, id, status, call_id, output, ...rest } = item
  const block: ContentBlock = {
    type: 'tool_result',
    callId: stringAt(call_id, `${at}/call_id`),
    content: readContent(output, `${at}/output`),
    isError: false,
    freeform: type === 'custom_tool_call_output' ? true : undefined,
  }
  const extras = extrasOf('openai-responses', rest)
  return {
    message: { role: 'tool', content: [block], item: itemNames(id, status), extras },
    spot: { at, blocks: [at] },
  }
}

function readSpoken(item: JsonRecord, at: string): PlacedBlock[] {
  if (isMessage(item)) return readAssistant(item, at)
  switch (item['type']) {
    case 'reasoning':
      return [{ block: readReasoningItem(item), at }]
    case 'function_call':
    case 'custom_tool_call':
      return [{ block: readCall(item, at), at }]
    default:
      return [{ block: { type: 'opaque', format: 'openai-responses', value: item }, at }]
  }
}

/**
 * Fields of the item that are not known stand before its parts as an opaque block of their own: `{type: 'message', ...}`
 * without content. The first part bears the item's names; a part nobody here knows becomes an item of its own.
 */
function readAssistant(item: JsonRecord, at: string): PlacedBlock[] {
  const { type: _type, role: _role, content, id, status, ...rest } = item
  const blocks = readContent(content, `${at}/content`)
  const says = blocks.some((block) => block.type === 'text' || block.type === 'refusal')
  if (!says) return [{ block: { type: 'opaque', format: 'openai-responses', value: item }, at }]
  const pointers = partPointers(content, at)
  let starts = true
  const parts = blocks.map((block, index): PlacedBlock => {
    const spot = pointers[index] ?? at
    const names = index === 0 ? (itemNames(id, status) ?? {}) : {}
    if (block.type === 'text' || block.type === 'refusal') {
      const placed = { block: starts ? { ...block, item: names } : block, at: spot }
      starts = false
      return placed
    }
    starts = true
    const part = Array.isArray(content) && isRecord(content[index]) ? content[index] : {}
    const value = { type: 'message', role: 'assistant', ...names, content: [part] }
    return { block: { type: 'opaque', format: 'openai-responses', value }, at: spot }
  })
  if (Object.keys(rest).length === 0) return parts
  const head = { type: 'message', ...rest }
  return [{ block: { type: 'opaque', format: 'openai-responses', value: head }, at }, ...parts]
}

function readCall(item: JsonRecord, at: string): ContentBlock {
  const { type, id, status, call_id, name, namespace, ...others } = item
  const isFreeform = type === 'custom_tool_call'
  const { arguments: args, input, ...rest } = others
  const given = isFreeform ? input : args
  const space = typeof namespace === 'string' ? namespace : undefined
  const unread =
    isFreeform && args !== undefined
      ? { arguments: args }
      : input !== undefined && !isFreeform
        ? { input }
        : {}
  return {
    type: 'tool_call',
    id: stringAt(call_id, `${at}/call_id`),
    name: flatName(space, stringAt(name, `${at}/name`)),
    namespace: space,
    arguments: typeof given === 'string' ? given : JSON.stringify(given ?? {}),
    freeform: isFreeform ? true : undefined,
    item: itemNames(id, status) ?? {},
    extras: extrasOf('openai-responses', { ...rest, ...unread }),
  }
}

function partPointers(content: unknown, at: string): string[] {
  return Array.isArray(content) ? content.map((_part, index) => `${at}/content/${index}`) : [`${at}/content`]
}
