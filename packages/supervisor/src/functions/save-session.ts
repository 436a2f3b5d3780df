import { z } from 'zod'
import { defineFunction } from './supervisor-function.ts'

export const saveSession = defineFunction({
  name: 'save_session',
  aliases: [],
  description:
    'Write a note about how things stand into the log of the session, with the state of the files.',
  parameters: z.object({ note: z.string().trim().min(1).max(10_000) }),
  async run({ note }, { append, state, workspace }) {
    const { tree } = await workspace.snapshot()
    await append({ type: 'note.saved', turn: state.turns.length, note, tree })
    return { ok: true, result: `The note is saved, with the files as tree ${tree.slice(0, 12)}.`, tree: null }
  },
})
