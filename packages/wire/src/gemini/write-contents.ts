import type { Reporter } from '../model/reporter.ts'
import type { ContentBlock, ModelMessage } from '../model/request.ts'
import { takesLevel } from './model-family.ts'
import { NO_SIGNATURE } from './signature.ts'
import { writePart } from './write-part.ts'
import type { Written } from './riding.ts'
import { writeResult } from './write-result.ts'

interface Turn {
  readonly role: 'user' | 'model' | 'function'
  readonly parts: Written[]
  readonly extras: Written | undefined
}

/** The system prompt as one content; Gemini knows but one. */
export function writeSystem(to: Reporter): Written | undefined {
  const written = to.request.system.map((message, system) => {
    const parts = message.content
      .map((block, index) => writePart(block, { system, block: index }, to))
      .filter((part) => part !== null)
    return { parts, extras: to.riding(message.extras, { system }) }
  })
  const parts = written.flatMap((message) => message.parts)
  if (parts.length === 0 && (!to.isSameFormat || written.length === 0)) return undefined
  return { parts, ...Object.assign({}, ...written.map(({ extras }) => extras)) }
}

/**
 * Contents of the same format keep their cut. Others are regrouped as Gemini wants them: results stand in the user turn
 * after their calls and come first in it, neighbours of one role are one turn, empty turns are left out.
 */
export function writeContents(to: Reporter): Written[] {
  const turns: Turn[] = []
  for (const [index, message] of to.request.messages.entries()) {
    const turn = writeTurn(message, index, to)
    const last = turns.at(-1)
    const isEmpty = turn.parts.length === 0
    if (isEmpty && (!to.isSameFormat || message.content.length > 0)) continue
    if (!to.isSameFormat && last !== undefined && last.role === turn.role) last.parts.push(...turn.parts)
    else turns.push(turn)
  }
  return turns.map(({ role, parts, extras }) => ({
    role,
    parts: to.isSameFormat ? parts : arranged(role, parts, to),
    ...extras,
  }))
}

function writeTurn(message: ModelMessage, index: number, to: Reporter): Turn {
  const { role, content } = message
  const place = { message: index }
  if (role === 'system' || role === 'developer') {
    to.add(
      'changed',
      'system-message-as-user',
      place,
      'Gemini takes system text only before the conversation.',
    )
  }
  return {
    role: roleOf(role, to),
    parts: to.isSameFormat ? writeSame(content, index, to) : writeForeign(content, index, to),
    extras: to.riding(message.extras, place),
  }
}

function roleOf(role: ModelMessage['role'], to: Reporter): Turn['role'] {
  if (role === 'assistant') return 'model'
  return role === 'tool' && to.isSameFormat ? 'function' : 'user'
}

function writeSame(content: readonly ContentBlock[], message: number, to: Reporter): Written[] {
  return content
    .map((block, index) => {
      const place = { message, block: index }
      return block.type === 'tool_result' ? writeResult(block, place, to).part : writePart(block, place, to)
    })
    .filter((part) => part !== null)
}

/**
 * A thought that is a signature and nothing else was taken from the part after it, and goes back there: signatures are
 * only good on the part Gemini put them on.
 */
function writeForeign(content: readonly ContentBlock[], message: number, to: Reporter): Written[] {
  const parts: Written[] = []
  const media: Written[] = []
  let signature: string | null = null
  const flush = (): void => {
    if (signature !== null) parts.push({ text: '', thoughtSignature: signature })
    signature = null
  }
  for (const [index, block] of content.entries()) {
    const place = { message, block: index }
    if (block.type === 'thinking' && block.issuer === 'gemini' && block.text === '' && block.signature) {
      flush()
      signature = block.signature
      continue
    }
    if (block.type === 'tool_result') {
      const written = writeResult(block, place, to)
      parts.push(written.part)
      media.push(...written.media)
      continue
    }
    const part = writePart(block, place, to)
    if (part === null) continue
    if (block.type !== 'text' && block.type !== 'tool_call') flush()
    parts.push(signature === null ? part : { ...part, thoughtSignature: signature })
    signature = null
  }
  flush()
  return [...parts, ...media]
}

function arranged(role: Turn['role'], parts: readonly Written[], to: Reporter): readonly Written[] {
  if (role === 'model') return withSignature(parts, to)
  return [...parts.filter(isResult), ...parts.filter((part) => !isResult(part))]
}

function isResult(part: Written): boolean {
  return part['functionResponse'] !== undefined
}

/** Gemini 3 refuses a turn whose first call has no signature; the value for calls it did not sign says just that. */
function withSignature(parts: readonly Written[], to: Reporter): readonly Written[] {
  const first = parts.findIndex((part) => part['functionCall'] !== undefined)
  const call = parts[first]
  if (call === undefined || call['thoughtSignature'] !== undefined || !takesLevel(to.request.model))
    return parts
  return parts.with(first, { ...call, thoughtSignature: NO_SIGNATURE })
}
