import type { ContentBlock, ModelMessage, ModelRequest } from '@agentproxy/wire'
import type { SentAnswer, SentBlock } from './sent-answer.ts'

/** A request for the rest of an answer. */
export interface Continuation {
  readonly request: ModelRequest
  /** White space the client has, but the upstream was not shown: it may say it again. */
  readonly unseen: string
}

const GO_ON =
  'Your last message was cut off in transit. Go on with it from the very character after which it stops, even inside a word or a sentence. Repeat nothing of it, do not begin anew, and do not mention the interruption.'
const NOT_RUN =
  'Received. The call is not run before your message is whole; its result follows then. Do not call again.'

/** Why the rest of this request's answer cannot be asked for; null = it can. */
export function obstacleOf(request: ModelRequest, sent: SentAnswer): string | null {
  if (request.n !== undefined && request.n > 1) return 'several answers were asked for'
  const hasText = sent.blocks.some(({ block, text }) => block.type === 'text' && text !== '')
  const isFree = request.responseFormat === undefined || request.responseFormat.type === 'text'
  // A model bound to a schema begins a document of its own.
  if (hasText && !isFree) return 'the answer is a document of a given form'
  const isOneCall = request.parallelToolCalls === false && sent.calls.length > 0
  return isOneCall ? 'the one tool call that was allowed is made' : null
}

/**
 * The conversation with what was said so far. With `prefill` the model's own message comes last and it goes on with it;
 * otherwise it is told to. Nothing said yet, or only thoughts: the request as it was.
 */
export function continueRequest(
  request: ModelRequest,
  sent: SentAnswer,
  { prefill }: { readonly prefill: boolean },
): Continuation {
  const content = sent.blocks.flatMap((block) => toContent(block))
  const hasSaid = content.some(({ type }) => type === 'text' || type === 'tool_call')
  if (!hasSaid) return { request, unseen: '' }
  const results = sent.calls.map(toPendingResult)
  const last = content.at(-1)
  if (prefill && results.length === 0 && last?.type === 'text') {
    // Anthropic refuses a last message that ends in white space.
    const text = last.text.trimEnd()
    const said: ModelMessage = { role: 'assistant', content: [...content.slice(0, -1), { ...last, text }] }
    return {
      request: { ...request, messages: [...request.messages, said] },
      unseen: last.text.slice(text.length),
    }
  }
  const messages: ModelMessage[] = [...request.messages, { role: 'assistant', content }]
  if (results.length > 0) messages.push({ role: 'tool', content: results })
  messages.push({ role: 'user', content: [{ type: 'text', text: GO_ON }] })
  const isForced = request.toolChoice !== undefined && request.toolChoice.mode !== 'none'
  const toolChoice = results.length > 0 && isForced ? { toolChoice: { mode: 'auto' as const } } : {}
  return { request: { ...request, ...toolChoice, messages }, unseen: '' }
}

/**
 * Whether a model goes on with a message of its own that comes last. Only Claude up to 4.5 does, and not while it thinks;
 * later ones answer 400 (platform.claude.com, Migration guide). No other vendor promises it.
 */
export function takesPrefill(format: string, model: string, request: ModelRequest): boolean {
  const isOld = /claude-(?:[23]|instant|(?:opus|sonnet|haiku)-4(?:-[0-5])?(?![-.]?\d{1,2}(?!\d)))/.test(model)
  const { reasoning } = request
  const isThinking =
    reasoning !== undefined && reasoning.mode !== 'disabled' && Object.keys(reasoning).length > 0
  return format === 'anthropic' && isOld && !isThinking
}

/** Thoughts go back only signed and whole; an unfinished one is left out. */
function toContent({ block, text, signature, json, isOpen }: SentBlock): ContentBlock[] {
  if (block.type === 'text') return text.trim() === '' ? [] : [{ type: 'text', text }]
  if (block.type === 'thinking') {
    const { issuer } = block
    return isOpen || signature === '' ? [] : [{ type: 'thinking', issuer, text, signature }]
  }
  if (block.type !== 'tool_call' || isOpen) return []
  const { id, name, namespace, freeform } = block
  const space = namespace === undefined ? {} : { namespace }
  return [
    freeform === true
      ? { type: 'tool_call', id, name, ...space, freeform, arguments: freeformText(json) }
      : { type: 'tool_call', id, name, ...space, arguments: json === '' ? '{}' : json },
  ]
}

function freeformText(json: string): string {
  try {
    const { input } = Object(JSON.parse(json)) as { input?: unknown }
    return typeof input === 'string' ? input : json
  } catch {
    return json
  }
}

function toPendingResult({ block }: SentBlock): ContentBlock {
  const { id, name, freeform } = block as Extract<SentBlock['block'], { type: 'tool_call' }>
  return {
    type: 'tool_result',
    callId: id,
    name,
    content: [{ type: 'text', text: NOT_RUN }],
    isError: false,
    ...(freeform === true ? { freeform } : {}),
  }
}
