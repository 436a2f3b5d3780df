import { relativePath, titleOf } from '@agentproxy/agent-kit'
import type { ToolKind } from '@agentproxy/plugin'
import type { ToolCall } from './session-update.ts'

export interface DescribedCall {
  /** The protocol tells what a tool does and not what it is called. */
  readonly name: string
  readonly kind: ToolKind
  readonly title: string
  readonly input: unknown
  readonly paths: readonly string[]
}

/** What a call is about. */
export function describeTool(call: ToolCall, workingDir: string): DescribedCall {
  const kind = kindOf(call.kind)
  const files = [
    ...(call.locations ?? []).map(({ path }) => path),
    ...(call.content ?? []).flatMap((part) => (part.type === 'diff' ? [part.path] : [])),
  ]
  const paths = [...new Set(files.map((file) => relativePath(file, workingDir)))]
  const title = titleOf(call.title ?? kind, null)
  return { name: call.kind ?? 'other', kind, title, input: call.rawInput ?? { title }, paths }
}

function kindOf(kind: ToolCall['kind']): ToolKind {
  switch (kind) {
    case 'read':
    case 'edit':
    case 'delete':
    case 'search':
    case 'execute':
    case 'think':
    case 'fetch':
      return kind
    case 'move':
      return 'edit'
    default:
      return 'other'
  }
}

/** What a call gave, as text. */
export function outputOf({ content, rawOutput }: ToolCall): string {
  const texts = (content ?? []).flatMap((part) => {
    if (part.type === 'content') return part.content.type === 'text' ? [part.content.text] : []
    return part.type === 'diff' ? [`changed ${part.path}`] : []
  })
  if (texts.length > 0) return texts.join('\n')
  if (rawOutput === undefined || rawOutput === null) return ''
  return typeof rawOutput === 'string' ? rawOutput : JSON.stringify(rawOutput)
}
