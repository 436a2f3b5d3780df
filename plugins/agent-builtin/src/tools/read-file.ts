import { z } from 'zod'
import { confine } from './confine.ts'
import { readText } from './text-file.ts'
import { defineTool } from './tool.ts'

const MAX_READ_BYTES = 128 * 1024

export const readFile = defineTool({
  name: 'read_file',
  description: `Read a text file. Of a file over ${MAX_READ_BYTES / 1024} KiB only the start is returned, and a note says so.`,
  input: z.strictObject({ path: z.string().min(1).describe('Relative to the working directory') }),
  kind: 'read',
  asks: false,
  title: ({ path }) => `read ${path}`,
  paths: ({ path }) => [path],
  async run({ path }, room) {
    const piece = await readText(await confine(room.root, path), path, MAX_READ_BYTES)
    if (piece.sizeBytes === 0) return { ok: true, output: '(the file is empty)' }
    const note = piece.truncated
      ? `\n[cut here: the file has ${piece.sizeBytes} bytes, the first ${MAX_READ_BYTES} are shown; use search or run_command for the rest]`
      : ''
    return { ok: true, output: piece.text + note }
  },
})
