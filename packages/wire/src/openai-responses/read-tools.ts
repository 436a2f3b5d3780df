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
import type { ModelTool, ResponseFormat, ToolChoice } from '../model/request.ts'
import { flatName } from './tool-name.ts'

export interface ReadTools {
  readonly tools: ModelTool[] | undefined
  readonly spots: string[]
}

/**
 * Tools in order. A namespace becomes an opaque tool with what it says of itself, followed by its tools under flat
 * names; one that holds a tool nobody here knows stays whole.
 */
export function readTools(value: unknown): ReadTools {
  if (value === undefined || value === null) return { tools: undefined, spots: [] }
  const tools: ModelTool[] = []
  const spots: string[] = []
  for (const [index, entry] of arrayAt(value, '/tools').entries()) {
    const at = `/tools/${index}`
    const tool = recordAt(entry, at)
    const { type: _type, tools: inner, ...head } = tool
    const members = tool['type'] === 'namespace' && Array.isArray(inner) ? inner.filter(isPlainTool) : null
    const space = tool['name']
    if (
      members === null ||
      !Array.isArray(inner) ||
      members.length !== inner.length ||
      typeof space !== 'string'
    ) {
      tools.push(readTool(tool, at, undefined))
      spots.push(at)
      continue
    }
    tools.push({
      type: 'opaque',
      format: 'openai-responses',
      name: space,
      value: { type: 'namespace', ...head },
    })
    spots.push(at)
    for (const [position, member] of members.entries()) {
      tools.push(readTool(member, `${at}/tools/${position}`, space))
      spots.push(`${at}/tools/${position}`)
    }
  }
  return { tools, spots }
}

function isPlainTool(value: unknown): value is JsonRecord {
  return isRecord(value) && (value['type'] === 'function' || value['type'] === 'custom')
}

function readTool(tool: JsonRecord, pointer: string, namespace: string | undefined): ModelTool {
  const { type, name, description, parameters, strict, ...rest } = tool
  if (type === 'function') {
    return {
      type,
      name: flatName(namespace, stringAt(name, `${pointer}/name`)),
      namespace,
      description: optionalString(description, `${pointer}/description`),
      parameters: isRecord(parameters) ? parameters : undefined,
      strict: optionalBoolean(strict, `${pointer}/strict`),
      extras: extrasOf('openai-responses', rest),
    }
  }
  if (type === 'custom') {
    const { type: _type, name: _name, description: _description, format, ...unread } = tool
    return {
      type: 'freeform',
      name: flatName(namespace, stringAt(name, `${pointer}/name`)),
      namespace,
      description: optionalString(description, `${pointer}/description`),
      grammar: readGrammar(format),
      extras: extrasOf('openai-responses', unread),
    }
  }
  const label = typeof name === 'string' ? name : type
  return {
    type: 'opaque',
    format: 'openai-responses',
    name: typeof label === 'string' ? label : null,
    value: tool,
  }
}

/** Chat Completions wraps what says the grammar; the neutral tool follows it. */
function readGrammar(format: unknown): unknown {
  if (!isRecord(format) || format['type'] !== 'grammar') return format
  const { type, ...grammar } = format
  return { type, grammar }
}

export function writeGrammar(format: unknown): unknown {
  if (!isRecord(format) || format['type'] !== 'grammar' || !isRecord(format['grammar'])) return format
  return { type: 'grammar', ...format['grammar'] }
}

export function readToolChoice(value: unknown): ToolChoice | undefined {
  if (value === undefined || value === null) return undefined
  if (value === 'auto' || value === 'none' || value === 'required') return { mode: value }
  if (isRecord(value) && Object.keys(value).length === 2) {
    const { type, name } = value
    if ((type === 'function' || type === 'custom') && typeof name === 'string') return { mode: 'tool', name }
  }
  return { mode: 'opaque', format: 'openai-responses', value }
}

/** `text.format`. */
export function readResponseFormat(value: unknown): ResponseFormat | undefined {
  if (!isRecord(value)) return undefined
  const { type, schema, name, description, strict, ...unread } = value
  const isKnown = Object.keys(unread).length === 0
  if ((type === 'text' || type === 'json_object') && Object.keys(value).length === 1) return { type }
  if (type === 'json_schema' && isRecord(schema) && isKnown) {
    return {
      type,
      schema,
      name: optionalString(name, '/text/format/name'),
      description: optionalString(description, '/text/format/description'),
      strict: optionalBoolean(strict, '/text/format/strict'),
    }
  }
  return { type: 'opaque', format: 'openai-responses', value }
}
