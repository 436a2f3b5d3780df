import { extrasOf } from '../json/extras.ts'
import { isRecord } from '../json/json-record.ts'
import type { JsonRecord } from '../json/json-record.ts'
import type { ContentBlock } from '../model/request.ts'
import { itemNames } from './item-names.ts'
import { readReasoningMark } from './reasoning-mark.ts'

/** A reasoning item. Its readable text is the summary, or the reasoning itself where a server tells that. */
export function readReasoningItem(item: JsonRecord): ContentBlock {
  const { type: _type, id, status, summary, encrypted_content, ...rest } = item
  const mark = readReasoningMark(typeof encrypted_content === 'string' ? encrypted_content : '')
  if (mark.isRedacted) return { type: 'redacted_thinking', issuer: mark.issuer, data: mark.signature }
  const text = reasoningText(item)
  const unread = {
    ...rest,
    ...(JSON.stringify(summary) === JSON.stringify(summaryOf(text)) ? {} : { summary }),
    ...(encrypted_content === null ? { encrypted_content } : {}),
  }
  return {
    type: 'thinking',
    issuer: mark.issuer,
    text,
    signature: typeof encrypted_content === 'string' ? mark.signature || undefined : undefined,
    item: itemNames(id, status) ?? {},
    extras: mark.issuer === 'openai-responses' ? extrasOf('openai-responses', unread) : undefined,
  }
}

/** The text a summary says, or else the reasoning text itself, paragraphs apart. */
export function reasoningText({ summary, content }: JsonRecord): string {
  const said = textsOf(summary)
  return (said.length > 0 ? said : textsOf(content)).join('\n\n')
}

/** A summary that says this text; an empty text is an empty summary. */
export function summaryOf(text: string): Record<string, unknown>[] {
  return text === '' ? [] : [{ type: 'summary_text', text }]
}

function textsOf(parts: unknown): string[] {
  if (!Array.isArray(parts)) return []
  return parts.flatMap((part) => (isRecord(part) && typeof part['text'] === 'string' ? [part['text']] : []))
}
