import { stat } from 'node:fs/promises'
import { z } from 'zod'
import { confine } from './confine.ts'
import { defineTool } from './tool.ts'
import { systemCode, ToolError } from './tool-error.ts'
import { walk } from './walk.ts'

const MAX_FILES = 1000

export const listFiles = defineTool({
  name: 'list_files',
  description: `List the files below a directory, recursively, at most ${MAX_FILES}. Leaves out .git and node_modules.`,
  input: z.strictObject({
    path: z.string().min(1).optional().describe('A directory; default: the working directory'),
  }),
  kind: 'read',
  asks: false,
  title: ({ path }) => `list ${path ?? '.'}`,
  paths: ({ path }) => [path ?? '.'],
  async run({ path = '.' }, room) {
    const folder = await confine(room.root, path)
    await requireDirectory(folder, path)
    const found: string[] = []
    for await (const file of walk(folder)) {
      room.signal.throwIfAborted()
      if (found.length === MAX_FILES) {
        found.push(`[cut here: more than ${MAX_FILES} files; list a directory further down]`)
        break
      }
      found.push(file)
    }
    return { ok: true, output: found.length === 0 ? '(no files)' : found.join('\n') }
  },
})

async function requireDirectory(folder: string, shown: string): Promise<void> {
  const status = await stat(folder).catch((error: unknown) => {
    if (systemCode(error) === 'ENOENT') throw new ToolError('file', `${shown} does not exist.`, error)
    throw error
  })
  if (!status.isDirectory())
    throw new ToolError('file', `${shown} is a file, not a directory; use read_file.`)
}
