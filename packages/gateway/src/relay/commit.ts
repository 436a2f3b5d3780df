import type { ModelEvent } from '@agentproxy/plugin'
import type { CommitPoint } from '../routing/routing-options.ts'

/** Whether enough of a stream is here for its first bytes to go to the client. */
export function isCommitted(
  commit: CommitPoint,
  { bytes, hasContent }: { readonly bytes: number; readonly hasContent: boolean },
): boolean {
  if (typeof commit === 'object') return bytes >= commit.bytes
  switch (commit) {
    case 'first-byte':
      return bytes > 0
    case 'first-content':
      return hasContent
    case 'whole':
      return false
  }
}

/** Something the model said or decided, not only that an answer began. */
export function isContent(event: ModelEvent): boolean {
  switch (event.type) {
    case 'block_delta':
    case 'finish':
      return true
    case 'block_start':
      return !['text', 'thinking', 'refusal'].includes(event.block.type)
    case 'start':
    case 'block_stop':
    case 'usage':
    case 'ping':
    case 'opaque':
    case 'end':
    case 'error':
      return false
  }
}
