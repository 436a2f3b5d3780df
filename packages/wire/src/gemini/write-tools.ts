import { defined } from '../json/defined.ts'
import { isRecord } from '../json/json-record.ts'
import type { JsonRecord } from '../json/json-record.ts'
import { writeOpaqueTool, writeOpaqueToolChoice } from '../model/opaque.ts'
import type { Reporter } from '../model/reporter.ts'
import type { ModelTool, ToolChoice } from '../model/request.ts'
import type { Written } from './riding.ts'

/** Functions that stand side by side are one entry; every other tool is an entry of its own. */
export function writeTools(to: Reporter): Written[] | undefined {
  const { tools } = to.request
  if (tools === undefined) return undefined
  const written: Written[] = []
  let group: Written[] | null = null
  for (const [index, tool] of tools.entries()) {
    if (tool.type === 'opaque') {
      const value = writeOpaqueTool(tool, { tool: index }, to)
      if (value === null) continue
      group = null
      written.push({ ...value })
      continue
    }
    if (group === null) {
      group = []
      written.push({ functionDeclarations: group })
    }
    group.push(writeFunction(tool, index, to))
  }
  return written.length === 0 && !to.isSameFormat ? undefined : written
}

function writeFunction(tool: Exclude<ModelTool, { type: 'opaque' }>, index: number, to: Reporter): Written {
  const place = { tool: index }
  const { description } = tool
  const name = to.toolName(tool.name, place)
  const riding = to.riding(tool.extras, place)
  if (tool.type === 'freeform') {
    const detail = `"${name}" takes plain text; it became a function of one string.`
    to.add('emulated', 'freeform-tool-as-function', place, detail)
    if (tool.grammar !== undefined)
      to.add('dropped', 'tool-grammar-unsupported', place, `The grammar of "${name}" was left out.`)
    const schema = { type: 'object', properties: { input: { type: 'string' } }, required: ['input'] }
    return defined({ name, description, parametersJsonSchema: schema })
  }
  to.ridingCache(tool.cacheControl, place)
  if (tool.strict === true) {
    const detail = `Gemini cannot promise that calls of "${name}" hold to its schema.`
    to.add('dropped', 'tool-strict-unsupported', place, detail)
  }
  if (to.isSameFormat) return defined({ name, description, ...riding })
  return defined({ name, description, parametersJsonSchema: parametersOf(tool.parameters) })
}

/** Gemini refuses an object schema without a type, and takes a function of no arguments without any schema. */
function parametersOf(schema: JsonRecord | undefined): JsonRecord | undefined {
  if (schema === undefined) return undefined
  const { type, properties } = schema
  const isEmpty = !isRecord(properties) || Object.keys(properties).length === 0
  if (isEmpty && Object.keys(schema).every((key) => key === 'type' || key === 'properties')) return undefined
  return type === undefined ? { type: 'object', ...schema } : schema
}

/** `toolConfig`; empty when there is nothing to choose. */
export function writeToolChoice(hasTools: boolean, to: Reporter): JsonRecord {
  const { toolChoice } = to.request
  if (toolChoice === undefined || (!hasTools && !to.isSameFormat)) return {}
  const config = writeChoice(toolChoice, to)
  return config === null ? {} : { functionCallingConfig: config }
}

function writeChoice(choice: ToolChoice, to: Reporter): unknown {
  switch (choice.mode) {
    case 'auto':
      return { mode: 'AUTO' }
    case 'required':
      return { mode: 'ANY' }
    case 'none':
      return { mode: 'NONE' }
    case 'tool':
      return { mode: 'ANY', allowedFunctionNames: [to.toolName(choice.name, { field: 'toolChoice' })] }
    case 'opaque':
      return writeOpaqueToolChoice(choice, to) ?? null
  }
}
