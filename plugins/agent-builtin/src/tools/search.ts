import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { confine, displayPath } from './confine.ts'
import { matchLines } from './match-lines.ts'
import { readText } from './text-file.ts'
import { defineTool, type ToolRoom } from './tool.ts'
import { systemCode, ToolError } from './tool-error.ts'
import { walk } from './walk.ts'

const MAX_MATCHES = 200
const MAX_LINE_CHARACTERS = 2000
const MAX_SHOWN_CHARACTERS = 300
const MAX_FILE_BYTES = 2 * 1024 * 1024
const TIMEOUT_MS = 10_000

export const search = defineTool({
  name: 'search',
  description: `Find lines that match a JavaScript regular expression, at most ${MAX_MATCHES}, as path:line: text. Leaves out .git, node_modules, binary files, files over ${MAX_FILE_BYTES / 1024 / 1024} MiB and what lies past character ${MAX_LINE_CHARACTERS} of a line.`,
  input: z.strictObject({
    pattern: z.string().min(1).describe('A regular expression; case matters'),
    path: z.string().min(1).optional().describe('A directory or file; default: the working directory'),
  }),
  kind: 'search',
  asks: false,
  title: ({ pattern, path }) => `search ${JSON.stringify(pattern)}${path === undefined ? '' : ` in ${path}`}`,
  paths: ({ path }) => [path ?? '.'],
  async run({ pattern, path = '.' }, room) {
    const expression = compile(pattern)
    const start = await confine(room.root, path)
    const found: string[] = []
    const deadline = performance.now() + TIMEOUT_MS
    for await (const file of filesFrom(start, path)) {
      room.signal.throwIfAborted()
      const limits = { max: MAX_MATCHES + 1 - found.length, timeoutMs: deadline - performance.now() }
      found.push(...(await matchesIn(file, { expression, room, limits })))
      if (found.length > MAX_MATCHES) break
    }
    if (found.length === 0) return { ok: true, output: 'No match.' }
    if (found.length > MAX_MATCHES) {
      found[MAX_MATCHES] = `[cut here: more than ${MAX_MATCHES} matches; narrow the pattern or the path]`
    }
    return { ok: true, output: found.join('\n') }
  },
})

function compile(pattern: string): RegExp {
  try {
    return new RegExp(pattern)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new ToolError('pattern', `${why}. To find it literally, escape its special characters.`, error)
  }
}

async function* filesFrom(start: string, shown: string): AsyncGenerator<string> {
  const status = await stat(start).catch((error: unknown) => {
    if (systemCode(error) === 'ENOENT') throw new ToolError('file', `${shown} does not exist.`, error)
    throw error
  })
  if (!status.isDirectory()) yield start
  else for await (const file of walk(start)) yield join(start, file)
}

interface SearchStep {
  readonly expression: RegExp
  readonly room: ToolRoom
  readonly limits: { readonly max: number; readonly timeoutMs: number }
}

async function matchesIn(file: string, step: SearchStep): Promise<string[]> {
  const shown = displayPath(step.room.root, file)
  const piece = await readText(file, shown, MAX_FILE_BYTES).catch(() => null)
  if (piece === null || piece.truncated) return []
  const lines = piece.text.split('\n').map((line) => line.slice(0, MAX_LINE_CHARACTERS))
  return matchLines(step.expression, lines, step.limits).map((at) => {
    const line = (lines[at] ?? '').trimEnd()
    return `${shown}:${at + 1}: ${line.length > MAX_SHOWN_CHARACTERS ? `${line.slice(0, MAX_SHOWN_CHARACTERS)}…` : line}`
  })
}
