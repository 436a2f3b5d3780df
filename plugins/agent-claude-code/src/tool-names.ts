import { relativePath, titleOf } from '@agentproxy/agent-kit'
import type { ToolKind } from '@agentproxy/plugin'

const KINDS: Readonly<Record<string, ToolKind>> = {
  Read: 'read',
  LS: 'read',
  Write: 'edit',
  Edit: 'edit',
  MultiEdit: 'edit',
  NotebookEdit: 'edit',
  Bash: 'execute',
  BashOutput: 'execute',
  KillShell: 'execute',
  Monitor: 'execute',
  Glob: 'search',
  Grep: 'search',
  ToolSearch: 'search',
  WebFetch: 'fetch',
  WebSearch: 'fetch',
  TodoWrite: 'think',
  TaskCreate: 'think',
  TaskUpdate: 'think',
  ExitPlanMode: 'think',
  EnterPlanMode: 'think',
}

export interface DescribedTool {
  readonly kind: ToolKind
  /** One line for a person. */
  readonly title: string
  /** Files it names, relative to the working directory where they lie inside it. */
  readonly paths: readonly string[]
}

/** What a call of one of Claude Code's tools is about. */
export function describeTool(name: string, input: unknown, workingDir: string): DescribedTool {
  const field = (key: string): string | null => {
    if (typeof input !== 'object' || input === null) return null
    const value: unknown = Reflect.get(input, key)
    return typeof value === 'string' && value !== '' ? value : null
  }
  const kind = KINDS[name] ?? 'other'
  const file = field('file_path') ?? field('notebook_path')
  const path = file === null ? null : relativePath(file, workingDir)
  const subject =
    path ?? field('command') ?? field('pattern') ?? field('url') ?? field('query') ?? field('description')
  return {
    kind,
    title: titleOf(kind === 'other' ? name : verbOf(kind, name), subject),
    paths: path === null ? [] : [path],
  }
}

function verbOf(kind: Exclude<ToolKind, 'other'>, name: string): string {
  switch (kind) {
    case 'read':
    case 'edit':
    case 'delete':
    case 'search':
    case 'fetch':
      return kind
    case 'execute':
      return 'run'
    case 'think':
      return name
  }
}
