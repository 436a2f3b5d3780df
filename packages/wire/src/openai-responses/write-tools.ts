import { defined } from '../json/defined.ts'
import { writeOpaqueResponseFormat, writeOpaqueTool, writeOpaqueToolChoice } from '../model/opaque.ts'
import type { Reporter } from '../model/reporter.ts'
import type { ModelTool, ResponseFormat } from '../model/request.ts'
import { writeGrammar } from './read-tools.ts'
import { bareName } from './tool-name.ts'
import type { Written } from './write-content.ts'

/** Tools in order; those of a namespace go back into it. */
export function writeTools(to: Reporter): Written[] | undefined {
  const { tools } = to.request
  if (tools === undefined) return undefined
  const written: Written[] = []
  let open: { readonly name: string | null; readonly members: Written[] } | null = null
  for (const [index, tool] of tools.entries()) {
    const one = writeTool(tool, index, to)
    if (one === null) continue
    const namespace = tool.type === 'opaque' ? undefined : tool.namespace
    if (open !== null && namespace !== undefined && open.name === namespace) {
      open.members.push(one)
      continue
    }
    open = null
    written.push(one)
    if (tool.type !== 'opaque' || one['type'] !== 'namespace' || 'tools' in one) continue
    open = { name: tool.name, members: [] }
    written[written.length - 1] = { ...one, tools: open.members }
  }
  return written.length === 0 && !to.isSameFormat ? undefined : written
}

function writeTool(tool: ModelTool, index: number, to: Reporter): Written | null {
  const place = { tool: index }
  switch (tool.type) {
    case 'function': {
      const { name, namespace, description, parameters, strict, cacheControl, extras } = tool
      to.ridingCache(cacheControl, place)
      return defined({
        type: 'function',
        name: to.toolName(bareName(namespace, name), place),
        description,
        // OpenAI requires the field, and without `strict` would rewrite a foreign schema until every field is required.
        parameters: parameters ?? (to.isSameFormat ? undefined : { type: 'object', properties: {} }),
        strict: strict ?? (to.isSameFormat ? undefined : false),
        ...to.riding(extras, place),
      })
    }
    case 'freeform':
      return defined({
        type: 'custom',
        name: to.toolName(bareName(tool.namespace, tool.name), place),
        description: tool.description,
        format: writeGrammar(tool.grammar),
        ...to.riding(tool.extras, place),
      })
    case 'opaque':
      return writeOpaqueTool(tool, place, to)
  }
}

export function writeToolChoice(hasTools: boolean, to: Reporter): unknown {
  const { toolChoice, tools } = to.request
  // OpenAI refuses a choice without tools; without tools there is nothing to choose.
  if (toolChoice === undefined || (!hasTools && !to.isSameFormat)) return undefined
  switch (toolChoice.mode) {
    case 'auto':
    case 'none':
    case 'required':
      return toolChoice.mode
    case 'tool': {
      const isFreeform =
        tools?.some((tool) => tool.type === 'freeform' && tool.name === toolChoice.name) === true
      const name = to.toolName(toolChoice.name, { field: 'toolChoice' })
      return { type: isFreeform ? 'custom' : 'function', name }
    }
    case 'opaque':
      return writeOpaqueToolChoice(toolChoice, to)
  }
}

/** `text.format`. */
export function writeResponseFormat(format: ResponseFormat | undefined, to: Reporter): unknown {
  if (format === undefined) return undefined
  switch (format.type) {
    case 'text':
    case 'json_object':
      return { type: format.type }
    case 'json_schema': {
      // OpenAI requires a name. Anthropic, which knows none, always holds the answer to the schema.
      const strict = format.strict ?? (to.request.source.format === 'anthropic' ? true : undefined)
      const name = format.name ?? (to.isSameFormat ? undefined : 'response')
      const { schema, description } = format
      return defined({ type: 'json_schema', name, description, strict, schema })
    }
    case 'opaque':
      return writeOpaqueResponseFormat(format, to)
  }
}
