import { extrasOf } from '../json/extras.ts'
import { isRecord, optionalBoolean, optionalString, recordAt, stringAt } from '../json/json-record.ts'
import type { ModelTool, ResponseFormat, ToolChoice } from '../model/request.ts'

export function readTool(value: unknown, pointer: string): ModelTool {
  const tool = recordAt(value, pointer)
  const { type, function: fn, custom, cache_control, ...rest } = tool
  if (type === 'function' && isRecord(fn)) {
    const { name, description, parameters, strict, ...unread } = fn
    return {
      type,
      name: stringAt(name, `${pointer}/function/name`),
      description: optionalString(description, `${pointer}/function/description`),
      parameters: isRecord(parameters) ? parameters : undefined,
      strict: optionalBoolean(strict, `${pointer}/function/strict`),
      cacheControl: isRecord(cache_control) ? cache_control : undefined,
      extras: extrasOf('openai-chat', Object.keys(unread).length > 0 ? { ...rest, function: unread } : rest),
    }
  }
  if (type === 'custom' && isRecord(custom)) {
    const { name, description, format, ...unread } = custom
    return {
      type: 'freeform',
      name: stringAt(name, `${pointer}/custom/name`),
      description: optionalString(description, `${pointer}/custom/description`),
      grammar: format,
      extras: extrasOf('openai-chat', Object.keys(unread).length > 0 ? { ...rest, custom: unread } : rest),
    }
  }
  return { type: 'opaque', format: 'openai-chat', name: typeof type === 'string' ? type : null, value: tool }
}

/** An entry of the legacy `functions`. */
export function readFunction(value: unknown, pointer: string): ModelTool {
  const fn = recordAt(value, pointer)
  stringAt(fn['name'], `${pointer}/name`)
  const tool = readTool({ type: 'function', function: fn }, pointer)
  const unread = tool.type === 'function' ? tool.extras?.fields['function'] : undefined
  return tool.type === 'function' && isRecord(unread)
    ? { ...tool, extras: extrasOf('openai-chat', unread) }
    : tool
}

/** The legacy `function_call` as the `tool_choice` that replaced it. */
export function asToolChoice(choice: unknown): unknown {
  return isRecord(choice) ? { type: 'function', function: choice } : choice
}

export function readToolChoice(value: unknown): ToolChoice | undefined {
  if (value === undefined || value === null) return undefined
  if (value === 'auto' || value === 'none' || value === 'required') return { mode: value }
  if (isRecord(value) && (value['type'] === 'function' || value['type'] === 'custom')) {
    const named = value[value['type']]
    if (isRecord(named) && typeof named['name'] === 'string') return { mode: 'tool', name: named['name'] }
  }
  return { mode: 'opaque', format: 'openai-chat', value }
}

export function readResponseFormat(value: unknown): ResponseFormat | undefined {
  if (!isRecord(value)) return undefined
  const { type, json_schema } = value
  if (type === 'text' || type === 'json_object') return { type }
  if (type === 'json_schema' && isRecord(json_schema) && isRecord(json_schema['schema'])) {
    const { schema, name, description, strict } = json_schema
    return {
      type,
      schema: recordAt(schema, '/response_format/json_schema/schema'),
      name: optionalString(name, '/response_format/json_schema/name'),
      description: optionalString(description, '/response_format/json_schema/description'),
      strict: optionalBoolean(strict, '/response_format/json_schema/strict'),
    }
  }
  return { type: 'opaque', format: 'openai-chat', value }
}
