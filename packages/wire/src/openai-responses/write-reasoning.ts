import { defined } from '../json/defined.ts'
import type { Reporter } from '../model/reporter.ts'
import type { Place, RedactedThinkingBlock, ThinkingBlock } from '../model/request.ts'
import { writeReasoningEffort } from '../openai/reasoning-effort.ts'
import { summaryOf } from './read-reasoning.ts'
import type { Written } from './write-content.ts'

/** A reasoning item, for the thinking of this format alone; any other vendor's is reported and null. */
export function writeReasoningItem(
  block: ThinkingBlock | RedactedThinkingBlock,
  place: Place,
  to: Reporter,
): Written | null {
  if (block.issuer !== 'openai-responses') {
    to.add('dropped', 'thinking-foreign', place, `Thinking of ${block.issuer} goes back only there.`)
    return null
  }
  if (block.type === 'redacted_thinking') {
    return { type: 'reasoning', summary: [], encrypted_content: block.data }
  }
  // Without its id or its encrypted content the item means nothing to OpenAI, which refuses it.
  if (block.signature === undefined && !to.isSameFormat) {
    to.add('dropped', 'thinking-unsigned', place, 'Reasoning without its encrypted content cannot go back.')
    return null
  }
  return defined({
    type: 'reasoning',
    ...block.item,
    summary: summaryOf(block.text),
    encrypted_content: block.signature,
    ...to.riding(block.extras, place),
  })
}

/** `reasoning`. A client of another format shows thinking as text, which here only a summary gives. */
export function writeReasoning(riding: unknown, to: Reporter): Written | undefined {
  const effort = writeReasoningEffort(to)
  const isWanted = !to.isSameFormat && to.request.reasoning !== undefined
  const summary = isWanted && to.request.reasoning?.mode !== 'disabled' ? 'auto' : undefined
  const fields = defined({ effort, summary, ...Object(riding) })
  return Object.keys(fields).length > 0 ? fields : undefined
}
