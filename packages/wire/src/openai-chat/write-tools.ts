import { defined } from '../json/defined.ts'
import { isRecord } from '../json/json-record.ts'
import { writeOpaqueResponseFormat, writeOpaqueTool, writeOpaqueToolChoice } from '../model/opaque.ts'
import type { Reporter } from '../model/reporter.ts'
import type { ModelTool, ResponseFormat } from '../model/request.ts'
import type { Written } from './write-content.ts'

export function writeTools(to: Reporter): Written[] | undefined {
  const { tools } = to.request
  const written = tools?.map((tool, index) => writeTool(tool, index, to)).filter((tool) => tool !== null)
  // OpenAI refuses an empty list.
  return written?.length === 0 && !to.isSameFormat ? undefined : written
}

function writeTool(tool: ModelTool, index: number, to: Reporter): Written | null {
  const place = { tool: index }
  switch (tool.type) {
    case 'function': {
      const { description, parameters, strict, cacheControl } = tool
      const name = to.toolName(tool.name, place)
      const { function: inner, ...outer } = to.riding(tool.extras, place) ?? {}
      const fields = { name, description, parameters, strict, ...(isRecord(inner) ? inner : {}) }
      return defined({
        type: 'function',
        function: defined(fields),
        cache_control: to.ridingCache(cacheControl, place),
        ...outer,
      })
    }
    case 'freeform': {
      const { custom: inner, ...outer } = to.riding(tool.extras, place) ?? {}
      const name = to.toolName(tool.name, place)
      const fields = { name, description: tool.description, format: tool.grammar }
      return { type: 'custom', custom: defined({ ...fields, ...(isRecord(inner) ? inner : {}) }), ...outer }
    }
    case 'opaque':
      return writeOpaqueTool(tool, place, to)
  }
}

export function writeToolChoice(hasTools: boolean, to: Reporter): unknown {
  const { toolChoice } = to.request
  // OpenAI refuses a choice without tools; without tools there is nothing to choose.
  if (toolChoice === undefined || (!hasTools && !to.isSameFormat)) return undefined
  switch (toolChoice.mode) {
    case 'auto':
    case 'none':
    case 'required':
      return toolChoice.mode
    case 'tool':
      return writeNamedChoice(toolChoice.name, to)
    case 'opaque':
      return writeOpaqueToolChoice(toolChoice, to)
  }
}

function writeNamedChoice(wanted: string, to: Reporter): Written {
  const name = to.toolName(wanted, { field: 'toolChoice' })
  const isFreeform = to.request.tools?.some((tool) => tool.type === 'freeform' && tool.name === wanted)
  return isFreeform ? { type: 'custom', custom: { name } } : { type: 'function', function: { name } }
}

export function writeResponseFormat(format: ResponseFormat | undefined, to: Reporter): unknown {
  if (format === undefined) return undefined
  switch (format.type) {
    case 'text':
    case 'json_object':
      return { type: format.type }
    case 'json_schema': {
      // OpenAI requires a name. Anthropic, which knows none, always holds the answer to the schema.
      const strict = format.strict ?? (to.isSameFormat ? undefined : true)
      const name = format.name ?? (to.isSameFormat ? undefined : 'response')
      const { schema, description } = format
      return { type: 'json_schema', json_schema: defined({ name, description, strict, schema }) }
    }
    case 'opaque':
      return writeOpaqueResponseFormat(format, to)
  }
}
