import type { WriteOptions } from '../format.ts'
import { createFreeformDecoder } from '../model/freeform-input.ts'
import type { FreeformDecoder } from '../model/freeform-input.ts'
import type { ModelBlock } from '../model/event.ts'
import { createFindTool } from '../model/tool-names.ts'
import type { ChatLoss } from './answer-loss.ts'

type CallBlock = Extract<ModelBlock, { readonly type: 'tool_call' }>
type Written = Record<string, unknown>

/** How one call is said: as a function, as plain text for a custom tool, or in the `function_call` of old clients. */
interface OpenCall {
  readonly kind: 'function' | 'custom' | 'legacy'
  readonly index: number
  readonly decoder: FreeformDecoder
  hasArguments: boolean
}

/** Writes calls as deltas of a message. */
export interface CallWriter {
  /** The delta a call begins with; null for one that is left out. */
  start(block: CallBlock): Written | null
  /** null when this piece says nothing yet. */
  arguments(json: string): Written | null
  /** What is still to be said of the call. */
  stop(): Written | null
  /** Whether a call was said in `function_call`, which has a finish reason of its own. */
  readonly usedLegacy: boolean
}

/** An upstream of another format knows neither custom tools nor the client's names, so the request's tools tell. */
export function createCallWriter(options: WriteOptions, losses: ChatLoss): CallWriter {
  const findTool = createFindTool(options.tools)
  let open: OpenCall | null = null
  let count = 0
  let usedLegacy = false

  const say = (call: OpenCall, text: string): Written => {
    call.hasArguments ||= text.trim() !== ''
    if (call.kind === 'legacy') return { function_call: { arguments: text } }
    const body = call.kind === 'custom' ? { custom: { input: text } } : { function: { arguments: text } }
    return { tool_calls: [{ index: call.index, ...body }] }
  }

  return {
    start(block) {
      const tool = findTool(block.name)
      const name = tool?.name ?? block.name
      const isLegacy = block.legacy === true || options.legacyFunctions === true
      const isCustom = options.tools === undefined ? block.freeform === true : tool?.type === 'freeform'
      open = null
      if (isLegacy && usedLegacy) {
        losses.secondCall()
        return null
      }
      const kind = isLegacy ? 'legacy' : isCustom ? 'custom' : 'function'
      open = { kind, index: count++, decoder: createFreeformDecoder(), hasArguments: false }
      usedLegacy ||= isLegacy
      if (isLegacy) return { function_call: { name, arguments: '' } }
      const body = isCustom ? { custom: { name, input: '' } } : { function: { name, arguments: '' } }
      return { tool_calls: [{ index: open.index, id: block.id, type: kind, ...body }] }
    },
    arguments(json) {
      if (open === null) return null
      const text = open.kind === 'custom' ? open.decoder.push(json) : json
      return text === '' ? null : say(open, text)
    },
    stop() {
      const call = open
      open = null
      if (call === null) return null
      const rest = call.kind === 'custom' ? call.decoder.end() : ''
      if (rest !== '') return say(call, rest)
      // Clients parse the arguments; none at all would not be JSON.
      return call.kind === 'custom' || call.hasArguments ? null : say(call, '{}')
    },
    get usedLegacy() {
      return usedLegacy
    },
  }
}
