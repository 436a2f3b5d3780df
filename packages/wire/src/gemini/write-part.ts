import { defined } from '../json/defined.ts'
import { isRecord } from '../json/json-record.ts'
import { writeOpaqueBlock } from '../model/opaque.ts'
import type { Reporter } from '../model/reporter.ts'
import type { ContentBlock, Place, TextBlock, ThinkingBlock, ToolCallBlock } from '../model/request.ts'
import { isMadeId } from '../model/call-ids.ts'
import { withRiding } from './riding.ts'
import type { Written } from './riding.ts'
import { writeMedia } from './write-media.ts'

/** Writes a block as a part; one Gemini cannot say is reported and null. */
export function writePart(block: ContentBlock, place: Place, to: Reporter): Written | null {
  switch (block.type) {
    case 'text':
      return writeText(block, place, to)
    case 'thinking':
      return writeThinking(block, place, to)
    case 'redacted_thinking':
      to.add('dropped', 'thinking-foreign', place, `Hidden thinking of ${block.issuer} goes back only there.`)
      return null
    case 'image':
    case 'audio':
    case 'document':
      return writeMedia(block, place, to)
    case 'tool_call':
      return writeCall(block, place, to)
    case 'refusal':
      to.add('changed', 'refusal-as-text', place, 'The refusal was written as plain text.')
      return { text: block.text }
    case 'tool_result':
      to.add('dropped', 'block-misplaced', place, 'A tool result cannot stand here.')
      return null
    case 'opaque':
      return writeOpaqueBlock(block, place, to)
  }
}

function writeText(block: TextBlock, place: Place, to: Reporter): Written | null {
  // Elsewhere an empty text says nothing; Gemini refuses it unless it carries a signature.
  if (block.text === '' && !to.isSameFormat) return null
  if (block.citations !== undefined)
    to.add('dropped', 'citations-unsupported', place, 'Gemini takes no citations in a conversation.')
  to.ridingCache(block.cacheControl, place)
  return { text: block.text, ...to.riding(block.extras, place) }
}

function writeThinking(block: ThinkingBlock, place: Place, to: Reporter): Written | null {
  if (block.issuer === 'gemini') {
    const { text, signature, extras } = block
    return defined({ text, thought: true, thoughtSignature: signature, ...to.riding(extras, place) })
  }
  to.add('dropped', 'thinking-foreign', place, `Thinking of ${block.issuer} goes back only there.`)
  return null
}

function writeCall(block: ToolCallBlock, place: Place, to: Reporter): Written {
  const { id, namespace, cacheControl, extras } = block
  const name = to.toolName(block.name, place)
  if (namespace !== undefined) {
    const detail = `The namespace "${namespace}" is said within the name of the tool.`
    to.add('emulated', 'tool-namespace-in-name', place, detail)
  }
  to.ridingCache(cacheControl, place)
  const call = defined({ id: isMadeId(id) ? undefined : id, name, args: argsOf(block, place, to) })
  return withRiding({ functionCall: call }, 'functionCall', to.riding(extras, place))
}

/** Gemini wants the arguments as an object. Text that is none is kept whole inside one. */
function argsOf(block: ToolCallBlock, place: Place, to: Reporter): Written {
  if (block.freeform === true) {
    const detail = 'The plain text given to a tool was wrapped as {"input": ...}.'
    to.add('emulated', 'freeform-call-as-object', place, detail)
    return { input: block.arguments }
  }
  const args = readArgs(block.arguments)
  if (args !== null) return args
  const detail = 'The arguments were no JSON object and were wrapped as {"raw_arguments": ...}.'
  to.add('changed', 'tool-arguments-not-an-object', place, detail)
  return { raw_arguments: block.arguments }
}

/** Arguments as an object; none at all are an empty one. null for text that is no object. */
export function readArgs(json: string): Record<string, unknown> | null {
  if (json.trim() === '') return {}
  try {
    const args: unknown = JSON.parse(json)
    return isRecord(args) ? args : null
  } catch {
    return null
  }
}
