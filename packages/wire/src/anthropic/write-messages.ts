import type { Reporter } from '../model/reporter.ts'
import type { ModelMessage } from '../model/request.ts'
import { compact, writeBlocks } from './write-content.ts'

type Written = Record<string, unknown>

interface Turn {
  readonly role: 'user' | 'assistant' | 'system'
  readonly blocks: Written[]
  readonly extras: Written | undefined
}

/**
 * Messages of the same format keep their cut. Others are regrouped as Messages wants them: tool results live in the
 * user turn after the calls and come first in it, neighbours of one role are one turn, empty turns are left out.
 */
export function writeMessages(to: Reporter): Written[] {
  const turns: Turn[] = []
  for (const [index, message] of to.request.messages.entries()) {
    const turn = writeTurn(message, index, to)
    const last = turns.at(-1)
    if (to.isSameFormat) turns.push(turn)
    else if (turn.blocks.length === 0) continue
    else if (last !== undefined && last.role === turn.role) last.blocks.push(...turn.blocks)
    else turns.push(turn)
  }
  return turns.map(({ role, blocks, extras }) => ({
    role,
    content: compact(to.isSameFormat || role !== 'user' ? blocks : resultsFirst(blocks)),
    ...extras,
  }))
}

function writeTurn(message: ModelMessage, index: number, to: Reporter): Turn {
  return {
    role: roleOf(message.role),
    blocks: writeBlocks(message.content, (block) => ({ message: index, block }), to),
    extras: to.riding(message.extras, { message: index }),
  }
}

function roleOf(role: ModelMessage['role']): Turn['role'] {
  switch (role) {
    case 'assistant':
      return 'assistant'
    case 'system':
    case 'developer':
      return 'system'
    case 'user':
    case 'tool':
      return 'user'
  }
}

function resultsFirst(blocks: readonly Written[]): Written[] {
  const isResult = (block: Written): boolean => block['type'] === 'tool_result'
  return [...blocks.filter(isResult), ...blocks.filter((block) => !isResult(block))]
}
