import { z } from 'zod'
import { startingTree } from '../session/session-state.ts'
import { patchBetween } from '../workspace/tree-diff.ts'
import { defineFunction } from './supervisor-function.ts'

const MAX_CHARACTERS = 64 * 1024

export const diff = defineFunction({
  name: 'diff',
  aliases: [],
  description: 'Show what changed since before the first turn, as a patch of at most 64 KiB.',
  parameters: z.object({}),
  async run(_args, { state, workspace }) {
    const { tree } = await workspace.snapshot()
    const patch = await patchBetween(workspace, { from: startingTree(state) ?? tree, to: tree })
    if (patch === '') return { ok: true, result: 'No file changed.', tree: null }
    const cut = patch.length > MAX_CHARACTERS
    return { ok: true, result: cut ? `${patch.slice(0, MAX_CHARACTERS)}\n(cut)` : patch, tree: null }
  },
})
