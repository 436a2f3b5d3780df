// Keeps a journal of finished tasks, offers it as a tool, says how it is, and keeps it short.
import { definePlugin } from '@agentproxy/plugin'

// A type alias and not an interface: only aliases count as plain JSON to the compiler.
type Entry = { readonly taskId: string; readonly outcome: string; readonly files: readonly string[] }

const KEPT = 100

export default definePlugin({
  name: 'task-journal',
  version: '1.0.0',
  description: 'Remembers the last tasks',
  setup(ctx) {
    const read = async (): Promise<readonly Entry[]> =>
      ((await ctx.storage.get('entries')) ?? []) as readonly Entry[]

    const remember = async (entry: Entry): Promise<void> => {
      // Storage survives reload and restart; a variable here would not.
      await ctx.storage.set('entries', [...(await read()), entry])
    }
    ctx.hook('task.complete', ({ taskId, outcome, filesChanged }) =>
      remember({ taskId, outcome, files: filesChanged }),
    )
    ctx.hook('task.error', ({ taskId, outcome, filesChanged }) =>
      remember({ taskId, outcome, files: filesChanged }),
    )

    ctx.tool('task-journal.list', {
      description: 'The last finished tasks, newest last',
      parameters: { type: 'object', properties: { outcome: { type: 'string' } } },
      execute: async ({ outcome }) =>
        (await read()).filter((entry) => outcome === undefined || entry.outcome === outcome),
    })

    ctx.task('shorten', { everyMs: 60_000, skipInitialRun: true }, async () => {
      await ctx.storage.set('entries', (await read()).slice(-KEPT))
    })

    ctx.health(async () => {
      const size = (await read()).length
      return { status: size > 2 * KEPT ? 'warn' : 'pass', details: { size } }
    })

    return { read }
  },
})
