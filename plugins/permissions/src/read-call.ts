import type { ToolCallEffects } from '@agentproxy/plugin'
import { knownTool } from './known-tools.ts'
import type { KnownTool } from './known-tools.ts'
import { readArgv, readShell } from './read-shell.ts'

/** What a tool call would do. */
export interface CallReading {
  readonly effects: ToolCallEffects
  /** Programs with their arguments that it would run, those within a shell's line each. */
  readonly commands: readonly (readonly string[])[]
  /** false: it may write or run more than is told here. */
  readonly isUnderstood: boolean
}

interface Found {
  readonly paths: string[]
  readonly commands: (readonly string[])[]
  isWhole: boolean
}

const PATCHED = /^\*\*\* (?:(?:Add|Update|Delete) File|Move to): (.+)$/gm
const MAX_TITLE = 200

/** Reads the arguments of a call as its tool does. */
export function readCall(tool: string, input: unknown): CallReading {
  const known = knownTool(tool)
  const found: Found = { paths: [], commands: [], isWhole: true }
  if (known !== null) readKnown(known, input, found)
  // Arguments that are no JSON, of a tool that does not take plain text.
  else if (typeof input === 'string') found.isWhole = false
  const { paths, commands } = found
  const what = paths.join(', ') || commands.map((argv) => argv.join(' ')).join('; ')
  const title = `${tool} ${what}`.trim().slice(0, MAX_TITLE)
  return {
    effects: { kind: known?.kind ?? 'other', title, paths: [...new Set(paths)] },
    commands,
    isUnderstood: found.isWhole,
  }
}

function readKnown(known: KnownTool, input: unknown, found: Found): void {
  const args = Object(input) as Readonly<Record<string, unknown>>
  const isLook = args['command'] === 'view' && known.kind === 'edit'
  if (isLook) return
  const before = found.paths.length + found.commands.length
  if (typeof input === 'string') {
    if (known.patches !== undefined) readPatch(input, found)
    else if (known.commands !== undefined) readCommand(input, found)
  }
  for (const key of known.patches ?? []) if (typeof args[key] === 'string') readPatch(args[key], found)
  for (const key of known.commands ?? []) readCommand(args[key], found)
  for (const key of known.paths ?? []) if (typeof args[key] === 'string') found.paths.push(args[key])
  const acts = known.kind === 'edit' || known.kind === 'delete' || known.kind === 'execute'
  const hasNothing = found.paths.length + found.commands.length === before
  if (acts && hasNothing) found.isWhole = false
}

function readPatch(text: string, found: Found): void {
  for (const [, path = ''] of text.matchAll(PATCHED)) found.paths.push(path.trim())
}

/** A shell's line, a program with its arguments, or several lines. */
function readCommand(value: unknown, found: Found): void {
  if (value === undefined || value === null) return
  const isList = Array.isArray(value) && value.every((one) => typeof one === 'string')
  if (typeof value !== 'string' && !isList) {
    found.isWhole = false
    return
  }
  const text = typeof value === 'string' ? value : value.join('\n')
  readPatch(text, found)
  const line = typeof value === 'string' ? readShell(value) : readArgv(value)
  found.paths.push(...line.writes)
  found.commands.push(...line.commands)
  found.isWhole &&= line.isWhole
}
