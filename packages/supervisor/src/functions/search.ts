import { z } from 'zod'
import { defineFunction } from './supervisor-function.ts'

const MAX_LINES = 200
const MAX_CHARACTERS = 32 * 1024

export const search = defineFunction({
  name: 'search',
  aliases: [],
  description: `Find a text in the files as they are, ignored ones left out: at most ${MAX_LINES} lines, each with its file and number.`,
  parameters: z.object({ text: z.string().min(1).max(500), path: z.string().min(1).optional() }),
  async run({ text, path }, { workspace }) {
    const { tree } = await workspace.snapshot()
    const within = path === undefined ? [] : ['--', path]
    // In the tree, not in the folder: nothing outside it can be reached by a link or a path.
    const found = await workspace.run(
      ['grep', '-n', '-I', '-F', '--full-name', '-e', text, tree, ...within],
      {
        okCodes: [0, 1, 128],
      },
    )
    if (found.code === 128) return { ok: false, result: `${path ?? text} cannot be searched.`, tree: null }
    const lines = found.stdout
      .toString('utf8')
      .split('\n')
      .filter((line) => line !== '')
    if (lines.length === 0) return { ok: true, result: 'Nothing was found.', tree: null }
    const shown = lines.slice(0, MAX_LINES).map((line) => line.slice(tree.length + 1))
    const more = lines.length > MAX_LINES ? `\n(${lines.length - MAX_LINES} more)` : ''
    return { ok: true, result: `${shown.join('\n').slice(0, MAX_CHARACTERS)}${more}`, tree: null }
  },
})
