import { defined } from '../json/defined.ts'
import { writeOpaqueTool, writeOpaqueToolChoice } from '../model/opaque.ts'
import type { Reporter } from '../model/reporter.ts'
import type { ModelTool } from '../model/request.ts'

type Written = Record<string, unknown>

export function writeTools(to: Reporter): Written[] | undefined {
  return to.request.tools?.map((tool, index) => writeTool(tool, index, to)).filter((tool) => tool !== null)
}

function writeTool(tool: ModelTool, index: number, to: Reporter): Written | null {
  const place = { tool: index }
  switch (tool.type) {
    case 'function': {
      const { description, parameters, strict, cacheControl, extras } = tool
      return defined({
        name: to.toolName(tool.name, place),
        description,
        input_schema: inputSchema(parameters),
        // False is what Messages does by itself, and older models refuse the field.
        strict: to.isSameFormat ? strict : strict || undefined,
        cache_control: cacheControl,
        ...to.riding(extras, place),
      })
    }
    case 'freeform': {
      to.add(
        'emulated',
        'freeform-tool-as-function',
        place,
        `"${tool.name}" takes plain text; it became a function of one string.`,
      )
      if (tool.grammar !== undefined) {
        to.add('dropped', 'tool-grammar-unsupported', place, `The grammar of "${tool.name}" was left out.`)
      }
      const input_schema = { type: 'object', properties: { input: { type: 'string' } }, required: ['input'] }
      return defined({
        name: to.toolName(tool.name, place),
        description: tool.description,
        input_schema,
        ...to.riding(tool.extras, place),
      })
    }
    case 'opaque':
      return writeOpaqueTool(tool, place, to)
  }
}

/** Messages requires a schema, and one of an object. */
function inputSchema(parameters: Readonly<Record<string, unknown>> | undefined): Written {
  if (parameters === undefined) return { type: 'object', properties: {} }
  return parameters['type'] === undefined ? { type: 'object', ...parameters } : parameters
}

export function writeToolChoice(hasTools: boolean, to: Reporter): Written | undefined {
  const { toolChoice, parallelToolCalls } = to.request
  // Messages refuses a choice without tools; without tools there is nothing to choose.
  if (!hasTools && !to.isSameFormat) return undefined
  const parallel = parallelToolCalls === undefined ? {} : { disable_parallel_tool_use: !parallelToolCalls }
  if (toolChoice === undefined) return parallelToolCalls === false ? { type: 'auto', ...parallel } : undefined
  switch (toolChoice.mode) {
    case 'auto':
      return { type: 'auto', ...parallel }
    case 'required':
      return { type: 'any', ...parallel }
    case 'none':
      return { type: 'none' }
    case 'tool':
      return { type: 'tool', name: to.toolName(toolChoice.name, { field: 'toolChoice' }), ...parallel }
    case 'opaque': {
      const own = writeOpaqueToolChoice(toolChoice, to)
      return own === undefined ? undefined : { ...Object(own), ...parallel }
    }
  }
}
