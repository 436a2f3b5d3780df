import { z } from 'zod'
import { restore } from '../workspace/restore.ts'
import { defineFunction } from './supervisor-function.ts'

export const rollback = defineFunction({
  name: 'rollback',
  aliases: [],
  description: 'Put all files back as they were before a turn; without `turn`, before the last one.',
  parameters: z.object({ turn: z.number().int().positive().optional() }),
  async run({ turn }, { state, workspace }) {
    const record = turn === undefined ? state.turns.at(-1) : state.turns.find((item) => item.turn === turn)
    if (record === undefined) return { ok: false, result: `There was no turn ${turn ?? 1}.`, tree: null }
    const paths = await restore(workspace, record.startTree, null)
    const { tree } = await workspace.snapshot()
    const result = `All files are again as they were before turn ${record.turn}; ${paths.length} changed.`
    return { ok: true, result, tree }
  },
})
