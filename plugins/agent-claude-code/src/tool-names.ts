import { realpathSync } from 'node:fs'
import { isAbsolute, relative, sep } from 'node:path'
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
const MAX_TITLE_CHARACTERS = 120

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

function titleOf(verb: string, subject: string | null): string {
  if (subject === null) return verb
  const line = subject.split('\n')[0] ?? ''
  const cut = line.length < subject.length || line.length > MAX_TITLE_CHARACTERS
  return `${verb} ${line.slice(0, MAX_TITLE_CHARACTERS)}${cut ? '…' : ''}`
}

/** Claude Code names files by their absolute path below its real working directory. */
function relativePath(file: string, workingDir: string): string {
  if (!isAbsolute(file)) return file.split(sep).join('/')
  for (const root of [workingDir, realPath(workingDir)]) {
    const inside = relative(root, file)
    if (inside !== '' && inside !== '..' && !inside.startsWith(`..${sep}`)) return inside.split(sep).join('/')
  }
  return file
}

function realPath(folder: string): string {
  try {
    return realpathSync(folder)
  } catch {
    return folder
  }
}
