import { randomUUID } from 'node:crypto'
import type { WriteOptions } from '../format.ts'
import { isRecord } from '../json/json-record.ts'
import type { JsonRecord } from '../json/json-record.ts'
import type { LossReport } from '../loss.ts'
import type { ModelEvent } from '../model/event.ts'
import { foldEvents } from '../model/fold-events.ts'
import type { FoldedAnswer, FoldedBlock } from '../model/fold-events.ts'
import { ChatLoss } from './answer-loss.ts'
import { createCallWriter } from './call-writer.ts'
import type { CallWriter } from './call-writer.ts'
import { writeFinishReason } from './stop-reason.ts'
import { writeOpenaiUsage } from './usage.ts'

/** Folds events into the JSON answer of `POST /v1/chat/completions`. */
export function writeOpenaiChatResponse(
  events: readonly ModelEvent[],
  loss: LossReport,
  options: WriteOptions = {},
): Record<string, unknown> {
  const answer = foldEvents(events)
  const losses = new ChatLoss(loss)
  const unread = unreadFields(answer, losses)
  const calls = createCallWriter(options, losses)
  const message = { ...writeMessage(answer.blocks, calls, losses), ...unread.message }
  const hasRefusal = answer.blocks.some(({ block }) => block.type === 'refusal')
  losses.finish(answer.reason, answer.stopSequence, hasRefusal)
  const choice = {
    index: 0,
    message,
    logprobs: null,
    ...unread.choice,
    finish_reason: writeFinishReason(answer.reason, hasRefusal, calls.usedLegacy),
  }
  return {
    id: answer.id === '' ? `chatcmpl-${randomUUID()}` : answer.id,
    object: 'chat.completion',
    created: options.created ?? Math.floor(Date.now() / 1000),
    model: options.model ?? answer.model,
    choices: [choice, ...unread.otherChoices],
    ...(answer.usage === null ? {} : { usage: writeOpenaiUsage(answer.usage) }),
    ...unread.header,
  }
}

function writeMessage(
  blocks: readonly FoldedBlock[],
  writer: CallWriter,
  losses: ChatLoss,
): Record<string, unknown> {
  for (const { block, signature, opaque } of blocks) {
    losses.block(block)
    if (signature !== null) losses.delta('signature')
    if (block.type !== 'opaque' && opaque.length > 0) losses.delta('opaque')
  }
  const textOf = (type: 'text' | 'thinking' | 'refusal'): string | null => {
    const texts = blocks.filter(({ block }) => block.type === type).map(({ text }) => text)
    return texts.length === 0 ? null : texts.join('')
  }
  const calls = writeCalls(blocks, writer)
  const thinking = textOf('thinking')
  const refusal = textOf('refusal')
  const content = textOf('text') ?? (Object.keys(calls).length > 0 || refusal !== null ? null : '')
  return {
    role: 'assistant',
    content,
    refusal,
    ...(thinking === null ? {} : { reasoning_content: thinking }),
    ...calls,
  }
}

/** The deltas of each call put together: `tool_calls`, or the `function_call` of old clients. */
function writeCalls(blocks: readonly FoldedBlock[], writer: CallWriter): Record<string, unknown> {
  const calls: Record<string, unknown>[] = []
  for (const { block, json } of blocks) {
    if (block.type !== 'tool_call') continue
    const call: Record<string, unknown> = {}
    for (const delta of [writer.start(block), writer.arguments(json), writer.stop()])
      if (delta !== null) joinCall(call, delta)
    if (Object.keys(call).length > 0) calls.push(call)
  }
  const [legacy] = calls.filter((call) => call['function_call'] !== undefined)
  if (legacy !== undefined) return legacy
  return calls.length === 0 ? {} : { tool_calls: calls }
}

function joinCall(call: Record<string, unknown>, { tool_calls: list, ...fields }: JsonRecord): void {
  const [entry] = Array.isArray(list) ? list.filter(isRecord) : []
  const { index: _index, ...said } = entry ?? fields
  for (const [key, value] of Object.entries(said)) {
    const before = call[key]
    call[key] = isRecord(before) && isRecord(value) ? joinTexts(before, value) : value
  }
}

function joinTexts(before: JsonRecord, after: JsonRecord): JsonRecord {
  const joined: Record<string, unknown> = { ...before }
  for (const [key, value] of Object.entries(after))
    joined[key] = typeof joined[key] === 'string' && typeof value === 'string' ? joined[key] + value : value
  return joined
}

interface Unread {
  readonly header: Record<string, unknown>
  readonly choice: Record<string, unknown>
  readonly message: Record<string, unknown>
  readonly otherChoices: unknown[]
}

/** Puts back what rode along: envelope fields, and pieces of choices, whose lists and texts are joined. */
function unreadFields({ opaque }: FoldedAnswer, losses: ChatLoss): Unread {
  const header: Record<string, unknown> = {}
  const choice: Record<string, unknown> = {}
  const message: Record<string, unknown> = {}
  const otherChoices: unknown[] = []
  for (const { format, value } of opaque) {
    if (format !== 'openai-chat' || !isRecord(value)) {
      losses.event(format)
      continue
    }
    const { choices, ...fields } = value
    Object.assign(header, fields)
    for (const entry of Array.isArray(choices) ? choices.filter(isRecord) : []) {
      const { index, delta, ...rest } = entry
      if (index !== 0 && entry['message'] !== undefined) otherChoices.push(entry)
      else if (index !== 0) losses.delta('opaque')
      else {
        joinInto(choice, rest)
        joinInto(message, isRecord(delta) ? delta : {})
      }
    }
  }
  return { header, choice, message, otherChoices }
}

function joinInto(target: Record<string, unknown>, fields: Readonly<Record<string, unknown>>): void {
  for (const [key, value] of Object.entries(fields)) {
    const before = target[key]
    if (Array.isArray(before) && Array.isArray(value)) target[key] = [...before, ...value]
    else if (isRecord(before) && isRecord(value)) {
      const joined = { ...before }
      joinInto(joined, value)
      target[key] = joined
    } else target[key] = value
  }
}
