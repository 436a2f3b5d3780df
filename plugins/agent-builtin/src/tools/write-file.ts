import { mkdir, writeFile as write } from 'node:fs/promises'
import { dirname } from 'node:path'
import { z } from 'zod'
import { confineForWriting } from './confine.ts'
import { defineTool } from './tool.ts'

export const writeFile = defineTool({
  name: 'write_file',
  description: 'Create a file, or replace all of an existing one. Missing directories are made.',
  input: z.strictObject({
    path: z.string().min(1).describe('Relative to the working directory'),
    content: z.string().describe('The whole content of the file'),
  }),
  kind: 'edit',
  asks: true,
  title: ({ path }) => `write ${path}`,
  paths: ({ path }) => [path],
  async run({ path, content }, room) {
    const file = await confineForWriting(room.root, path)
    await mkdir(dirname(file), { recursive: true })
    await write(file, content)
    return { ok: true, output: `Wrote ${path} (${Buffer.byteLength(content)} bytes).` }
  },
})
