import { isRecord } from '../json/json-record.ts'
import type { LossReport } from '../loss.ts'
import type { ModelBlock } from '../model/event.ts'
import type { FindTool } from '../model/tool-names.ts'
import { markSignature } from './thinking-mark.ts'
import { encodeToolId } from './tool-id.ts'

/** A block of an answer as its stream starts it; null (and a report) for one the Messages format cannot say. */
export function startBlock(
  block: ModelBlock,
  index: number,
  { loss, findTool }: { readonly loss: LossReport; readonly findTool: FindTool },
): Record<string, unknown> | null {
  const pointer = `/content/${index}`
  switch (block.type) {
    case 'text':
      return { type: 'text', text: '' }
    case 'refusal':
      loss.add('changed', 'refusal-as-text', pointer, 'The refusal was written as plain text.')
      return { type: 'text', text: '' }
    case 'thinking':
      return { type: 'thinking', thinking: '', signature: markSignature(block.issuer, '') }
    case 'redacted_thinking':
      if (block.issuer === 'anthropic') return { type: 'redacted_thinking', data: block.data }
      loss.add(
        'dropped',
        'thinking-foreign',
        pointer,
        `Hidden thinking of ${block.issuer} has no counterpart.`,
      )
      return null
    case 'tool_call':
      return {
        type: 'tool_use',
        id: encodeToolId(block.id),
        name: findTool(block.name)?.name ?? block.name,
        input: {},
      }
    case 'opaque':
      if (block.format === 'anthropic' && isRecord(block.value)) return { ...block.value }
      loss.add('dropped', 'block-unsupported', pointer, `A block of ${block.format} has no counterpart.`)
      return null
  }
}
