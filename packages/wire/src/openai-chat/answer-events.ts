import { isRecord } from '../json/json-record.ts'
import type { JsonRecord } from '../json/json-record.ts'
import type { ModelUsage } from '../model/event.ts'
import { mergeUsage, sameUsage } from '../model/usage.ts'
import { streamError } from '../sse/sse-stream-reader.ts'
import type { Emit } from '../sse/sse-stream-reader.ts'
import { createBlockQueue } from './block-queue.ts'
import { readOpenaiChatStreamError } from './error.ts'
import { readFinishReason } from './stop-reason.ts'
import { createToolCallReader } from './tool-call-reader.ts'
import { readOpenaiUsage } from './usage.ts'

export interface ChatAnswerEvents {
  /** Takes one chunk, or a JSON answer, whose `message` is read as one large `delta`. */
  take(json: JsonRecord): void
  /** The server said it is done. */
  done(): void
  /** The bytes ended; a stream that gave its finish reason is whole without `[DONE]`. */
  eof(): void
}

/** Turns the chunks of a chat stream into neutral events. */
export function createChatAnswerEvents(emit: Emit): ChatAnswerEvents {
  const queue = createBlockQueue((event) => emit(event))
  const calls = createToolCallReader(queue)
  let answerId = ''
  let isStarted = false
  let isFinished = false
  let hasRefusal = false
  let lastUsage: ModelUsage | null = null
  const header = new Map<string, string>()

  const start = ({ id, model }: JsonRecord): void => {
    if (isStarted) return
    isStarted = true
    answerId = typeof id === 'string' ? id : ''
    emit({ type: 'start', id: answerId, model: typeof model === 'string' ? model : '' })
  }
  const finish = (value: string): void => {
    if (isFinished) return
    isFinished = true
    const reason = readFinishReason(value, { hasToolCall: calls.count > 0, hasRefusal })
    if (reason === null) {
      return emit({ type: 'error', error: streamError('upstream', `The upstream gave up its answer: finish_reason "${value}".`) })
    }
    queue.close()
    emit({ type: 'finish', reason, stopSequence: null })
  }
  const text = (type: 'text' | 'thinking' | 'refusal', value: unknown): boolean => {
    if (typeof value !== 'string') return value === undefined || value === null
    if (value === '') return true
    if (isFinished) {
      emit({ type: 'error', error: streamError('upstream', 'The upstream went on after its finish reason.') })
      return true
    }
    hasRefusal ||= type === 'refusal'
    queue.add(type, type === 'thinking' ? { type, issuer: 'openai-chat' } : { type }, { type, text: value })
    return true
  }
  /** Mistral's thinking models answer with a list of parts. Returns the parts that are not text. */
  const parts = (value: readonly unknown[]): unknown[] =>
    value.filter((part) => {
      if (!isRecord(part)) return true
      if (part['type'] === 'text') return !text('text', part['text'])
      return part['type'] === 'thinking' && Array.isArray(part['thinking'])
        ? !part['thinking'].every((piece) => isRecord(piece) && text('thinking', piece['text']))
        : true
    })

  const takeDelta = (delta: JsonRecord): Record<string, unknown> => {
    const { role: _role, content, reasoning_content, reasoning, refusal, tool_calls, ...unread } = delta
    const rest: Record<string, unknown> = withoutEmpty(unread)
    text('thinking', reasoning_content ?? reasoning)
    const unreadParts = Array.isArray(content) ? parts(content) : []
    if (!Array.isArray(content)) text('text', content)
    if (unreadParts.length > 0) rest['content'] = unreadParts
    text('refusal', refusal)
    const unreadCalls = Array.isArray(tool_calls) && !isFinished ? calls.take(tool_calls, answerId) : []
    if (unreadCalls.length > 0) rest['tool_calls'] = unreadCalls
    return rest
  }
  const takeChoice = (choice: JsonRecord): void => {
    const { index, delta, message, finish_reason, ...others } = choice
    if (index !== undefined && index !== 0) {
      return emit({ type: 'opaque', format: 'openai-chat', value: { choices: [choice] } })
    }
    const raw = delta ?? message
    const unread = takeDelta(isRecord(raw) ? raw : {})
    const rest = withoutEmpty(others)
    if (Object.keys(unread).length > 0 || Object.keys(rest).length > 0) {
      emit({ type: 'opaque', format: 'openai-chat', value: { choices: [{ index: 0, delta: unread, ...rest }] } })
    }
    if (typeof finish_reason === 'string' && finish_reason !== '') finish(finish_reason)
  }
  /** Fields of the envelope, such as `system_fingerprint`, are told once, and again when they change. */
  const takeHeader = (fields: JsonRecord): void => {
    const changed = Object.entries(fields).filter(([key, value]) => JSON.stringify(value) !== header.get(key))
    for (const [key, value] of changed) header.set(key, JSON.stringify(value))
    if (changed.length > 0) emit({ type: 'opaque', format: 'openai-chat', value: Object.fromEntries(changed) })
  }
  const end = (): void => {
    finish('stop')
    emit({ type: 'end' })
  }

  return {
    take(json) {
      const { error, choices, usage, id: _id, model: _model, object: _object, created: _created, obfuscation: _pad, ...others } = json
      if (isRecord(error) || typeof error === 'string') {
        return emit({ type: 'error', error: readOpenaiChatStreamError(json) })
      }
      const list = Array.isArray(choices) ? choices.filter(isRecord) : []
      const counts = readOpenaiUsage(usage)
      const fields = withoutEmpty(others)
      if (list.length === 0 && counts === null) {
        // Azure sends its filter results first, in a chunk that is no answer yet.
        if (Object.keys(fields).length > 0) emit({ type: 'opaque', format: 'openai-chat', value: { choices: [], ...fields } })
        return
      }
      start(json)
      takeHeader(fields)
      for (const choice of list) takeChoice(choice)
      if (counts === null) return
      const merged = mergeUsage(lastUsage, counts)
      if (!sameUsage(merged, lastUsage)) emit({ type: 'usage', usage: merged })
      lastUsage = merged
    },
    done() {
      if (isStarted) end()
    },
    eof() {
      if (isFinished) end()
    },
  }
}

function withoutEmpty(fields: JsonRecord): Record<string, unknown> {
  const isEmpty = (value: unknown): boolean =>
    value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0)
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => !isEmpty(value)))
}
