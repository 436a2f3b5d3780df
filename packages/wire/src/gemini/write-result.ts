import { defined } from '../json/defined.ts'
import type { Reporter } from '../model/reporter.ts'
import type { Place, ToolResultBlock } from '../model/request.ts'
import { isMadeId } from '../model/call-ids.ts'
import { withRiding } from './riding.ts'
import { writePart } from './write-part.ts'
import type { Written } from './riding.ts'

interface WrittenResult {
  readonly part: Written
  /** Images and files of the result, which follow in the same turn. */
  readonly media: Written[]
}

/** Writes a tool result as `functionResponse`: its text under `output`, or under `error` when the tool failed. */
export function writeResult(
  block: ToolResultBlock,
  place: { readonly message: number; readonly block: number },
  to: Reporter,
): WrittenResult {
  const riding = to.riding(block.extras, place)
  to.ridingCache(block.cacheControl, place)
  const id = isMadeId(block.callId) ? undefined : block.callId
  // Gemini names the tool in the result too; the call says it.
  const called = block.name ?? to.callOf(block.callId)?.name ?? unknownName(block, place, to)
  const name = to.toolName(called, place)
  // A result of this format rides along as it was said; one that was added to the conversation has only its content.
  const isAsSaid = riding?.['functionResponse'] !== undefined || isEmpty(block)
  if (to.isSameFormat && isAsSaid) {
    const part = { functionResponse: defined({ id, name }) }
    return { part: withRiding(part, 'functionResponse', riding), media: [] }
  }
  const { text, media } = writeOutput(block, place, to)
  const response = block.isError ? { error: text } : { output: text }
  return { part: { functionResponse: defined({ id, name, response }) }, media }
}

function isEmpty({ content }: ToolResultBlock): boolean {
  return content.every((inner) => inner.type === 'text' && inner.text === '')
}

function writeOutput(
  block: ToolResultBlock,
  place: { readonly message: number; readonly block: number },
  to: Reporter,
): { text: string; media: Written[] } {
  const parts = block.content
    .map((inner, index) => writePart(inner, { ...place, inner: index }, to))
    .filter((part) => part !== null)
  const texts = parts.map((part) => part['text']).filter((text) => typeof text === 'string')
  const media = parts.filter((part) => typeof part['text'] !== 'string')
  if (texts.length > 1)
    to.add('changed', 'tool-result-joined', place, 'The texts of the result were joined, one per line.')
  if (media.length > 0) {
    const detail = 'Images and files of the result follow it in the same turn.'
    to.add('emulated', 'tool-result-media-moved', place, detail)
  }
  if (texts.length > 0) return { text: texts.join('\n'), media }
  return { text: media.length > 0 ? '(The result follows in this message.)' : '', media }
}

function unknownName(block: ToolResultBlock, place: Place, to: Reporter): string {
  to.add(
    'emulated',
    'tool-name-unknown',
    place,
    'No call says which tool this result is of; its id was used as a name.',
  )
  return block.callId
}
