import { writeFile } from 'node:fs/promises'
import { z } from 'zod'
import { confineForWriting } from './confine.ts'
import { readText } from './text-file.ts'
import { defineTool } from './tool.ts'
import { ToolError } from './tool-error.ts'

const MAX_EDIT_BYTES = 4 * 1024 * 1024

export const editFile = defineTool({
  name: 'edit_file',
  description:
    'Replace one piece of text in a file. old_text must occur exactly once, character for character; include enough lines around it to make it unique.',
  input: z.strictObject({
    path: z.string().min(1).describe('Relative to the working directory'),
    old_text: z.string().min(1).describe('The exact text to replace'),
    new_text: z.string().describe('The text to put in its place'),
  }),
  kind: 'edit',
  asks: true,
  title: ({ path }) => `edit ${path}`,
  paths: ({ path }) => [path],
  async run({ path, old_text, new_text }, room) {
    const file = await confineForWriting(room.root, path)
    const { text, truncated } = await readText(file, path, MAX_EDIT_BYTES)
    if (truncated) throw new ToolError('file', `${path} is over ${MAX_EDIT_BYTES} bytes, too large to edit.`)
    await writeFile(file, replaceOnce(text, { path, from: old_text, to: new_text }))
    return { ok: true, output: `Edited ${path}.` }
  },
})

/** Replaces the one occurrence of `from`. Throws a ToolError when it occurs never or more than once. */
function replaceOnce(text: string, change: { path: string; from: string; to: string }): string {
  const { path, from, to } = change
  if (from === to) throw new ToolError('edit', 'old_text and new_text are the same; nothing would change.')
  const at = text.indexOf(from)
  if (at === -1) throw new ToolError('edit', `old_text does not occur in ${path}.${whyNot(text, from)}`)
  if (text.indexOf(from, at + 1) !== -1) {
    throw new ToolError(
      'edit',
      `old_text occurs ${occurrences(text, from)} times in ${path}; add lines around it to make it unique.`,
    )
  }
  return text.slice(0, at) + to + text.slice(at + from.length)
}

const unix = (text: string) => text.replaceAll('\r\n', '\n')

function whyNot(text: string, from: string): string {
  if (text.includes('\r\n') && unix(text).includes(unix(from))) {
    return ' It would match but for the line ends: this file ends its lines with CRLF.'
  }
  return ' Read the file again and copy the text exactly, with its spaces.'
}

/** Counts overlapping occurrences too, as each of them makes the place unclear. */
function occurrences(text: string, piece: string): number {
  let count = 0
  for (let at = text.indexOf(piece); at !== -1; at = text.indexOf(piece, at + 1)) count += 1
  return count
}
