import { ridingFields } from '../json/extras.ts'
import type { JsonRecord } from '../json/json-record.ts'
import type { Loss, LossReport } from '../loss.ts'
import type { WireFormat } from './format-name.ts'
import type { CacheControl, Extras, ModelRequest, Place, ToolCallBlock } from './request.ts'
import { fitToolName } from './tool-names.ts'

/** What a request writer needs at every spot: the request, the format it writes, and where to report. */
export interface Reporter {
  readonly request: ModelRequest
  readonly target: WireFormat
  /** Whether the request came from the format being written, so that it is put back as it was. */
  readonly isSameFormat: boolean
  add(kind: Loss['kind'], code: string, place: Place, detail: string): void
  /** Unknown fields to put back; reports those of another format. */
  riding(extras: Extras | undefined, place: Place): JsonRecord | undefined
  /** A prompt cache mark to put back, for formats without one of their own; reports it otherwise. */
  ridingCache(mark: CacheControl | undefined, place: Place): CacheControl | undefined
  /** The name of a tool as the target takes it; one that had to change is reported once. */
  toolName(name: string, place: Place): string
  /** The first call with this id, wherever in the conversation. */
  callOf(id: string): ToolCallBlock | undefined
}

export function createReporter(request: ModelRequest, target: WireFormat, loss: LossReport): Reporter {
  const { source } = request
  const isSameFormat = source.format === target
  const add: Reporter['add'] = (kind, code, place, detail) => {
    loss.add(kind, code, source.pointer(request, place), detail)
  }
  const renamed = new Set<string>()
  let calls: Map<string, ToolCallBlock> | null = null
  return {
    request,
    target,
    isSameFormat,
    add,
    riding: (extras, place) =>
      ridingFields(extras, target, {
        loss,
        pointer: () => source.pointer(request, place),
        spelled: (pointer) => source.spelled?.(pointer) ?? pointer,
      }),
    ridingCache(mark, place) {
      if (mark === undefined || isSameFormat) return mark
      add(
        'dropped',
        'cache-control-unsupported',
        place,
        `${target} has no prompt cache marks; it caches by itself or not.`,
      )
      return undefined
    },
    callOf(id) {
      calls ??= callsOf(request)
      return calls.get(id)
    },
    toolName(name, place) {
      const fitted = isSameFormat ? name : fitToolName(name, target)
      if (fitted === name || renamed.has(name)) return fitted
      renamed.add(name)
      add(
        'changed',
        'tool-name-changed',
        place,
        `${target} takes no tool named "${name}"; it is "${fitted}" there.`,
      )
      return fitted
    },
  }
}

function callsOf({ messages }: ModelRequest): Map<string, ToolCallBlock> {
  const calls = new Map<string, ToolCallBlock>()
  for (const { content } of messages)
    for (const block of content)
      if (block.type === 'tool_call' && !calls.has(block.id)) calls.set(block.id, block)
  return calls
}
