import type { JsonRecord } from '../json/json-record.ts'
import type { Reporter } from './reporter.ts'
import type { ModelTool, OpaqueBlock, Place, ResponseFormat, ToolChoice } from './request.ts'

// What only one vendor's format knows goes back to that format as it is. No other can say it, and each reports so alike.

export function writeOpaqueBlock(block: OpaqueBlock, place: Place, to: Reporter): JsonRecord | null {
  return block.format === to.target ? block.value : reportOpaqueBlock(block, place, to)
}

export function reportOpaqueBlock({ format, value }: OpaqueBlock, place: Place, to: Reporter): null {
  const detail = `A ${format} block of type ${String(value['type'])} has no counterpart.`
  to.add('dropped', 'block-unsupported', place, detail)
  return null
}

export function writeOpaqueTool(
  tool: Extract<ModelTool, { readonly type: 'opaque' }>,
  place: Place,
  to: Reporter,
): JsonRecord | null {
  if (tool.format === to.target) return tool.value
  const detail = `The ${tool.format} tool ${tool.name ?? ''} runs only at its vendor.`
  to.add('dropped', 'tool-unsupported', place, detail)
  return null
}

export function writeOpaqueToolChoice(
  choice: Extract<ToolChoice, { readonly mode: 'opaque' }>,
  to: Reporter,
): unknown {
  if (choice.format === to.target) return choice.value
  const detail = 'This kind of tool choice has no counterpart.'
  to.add('dropped', 'tool-choice-unsupported', { field: 'toolChoice' }, detail)
  return undefined
}

export function writeOpaqueResponseFormat(
  format: Extract<ResponseFormat, { readonly type: 'opaque' }>,
  to: Reporter,
): unknown {
  if (format.format === to.target) return format.value
  const detail = 'This kind of answer format has no counterpart.'
  to.add('dropped', 'response-format-unsupported', { field: 'responseFormat' }, detail)
  return undefined
}
