// Safety for many unattended tasks: a clean tree before, a snapshot, protected files, and everything back after a failure.
import { block, definePlugin } from '@agentproxy/plugin'
import type { TaskEnd } from '@agentproxy/plugin'
import { z } from 'zod'
import { globTest } from './glob.ts'
import { forget, remember, restore, uncommitted } from './snapshot.ts'
import type { Place } from './snapshot.ts'

const NAMED_FILES = 5
const GIT_LIMIT_MS = 60_000

const config = z
  .object({
    requireCleanTree: z.boolean().default(true),
    snapshot: z.boolean().default(true),
    rollback: z.boolean().default(true),
    /** Globs no agent may change, such as `.env` or `db/migrations/**`. */
    protected: z.array(z.string().min(1)).default(['.env', '.env.*', '*.pem']),
  })
  .refine(({ snapshot, rollback }) => snapshot || !rollback, 'rollback needs snapshot: true')

export default definePlugin({
  name: 'fleet-hooks',
  version: '1.0.0',
  description: 'Clean tree, snapshot, protected files and rollback',
  config,
  setup(ctx) {
    const { requireCleanTree, snapshot, rollback } = ctx.config
    const isProtected = globTest(ctx.config.protected)

    ctx.hook(
      'task.start',
      async ({ taskId, workingDir }) => {
        if (requireCleanTree) {
          const files = await uncommitted(workingDir)
          if (files.length > 0) return block(`commit or stash first: ${shortList(files)}`)
        }
        if (snapshot) await remember(placeOf(taskId, workingDir))
        return undefined
      },
      // Without these the task must not begin. No repository is a failure too.
      { order: 'post', onError: 'block', timeoutMs: GIT_LIMIT_MS },
    )

    ctx.hook('file.change', ({ path }) => (isProtected(path) ? block(`${path} is protected`) : undefined), {
      order: 'pre',
      onError: 'block',
    })

    ctx.hook(
      'task.error',
      async (end) => {
        if (!rollback || mayGoOn(end)) return
        const restored = await restore(placeOf(end.taskId, end.workingDir))
        if (restored === null || restored.paths.length === 0) return
        const { paths, headMoved } = restored
        ctx.log.warn(`rolled back to before the task: ${shortList(paths)}`, { taskId: end.taskId })
        if (headMoved)
          ctx.log.warn('commits were made during the task; they are kept', { taskId: end.taskId })
      },
      { timeoutMs: GIT_LIMIT_MS },
    )

    ctx.hook(
      'task.complete',
      async ({ taskId, workingDir }) => {
        if (snapshot) await forget(placeOf(taskId, workingDir))
      },
      { timeoutMs: GIT_LIMIT_MS },
    )
  },
})

/** An interrupted task is resumed on the files it left. */
function mayGoOn({ outcome, reason }: TaskEnd): boolean {
  return outcome === 'cancelled' || reason === 'internal_error'
}

function placeOf(taskId: string, workingDir: string): Place {
  // Dots are the one thing a task's id may hold that a reference may not everywhere.
  return { workingDir, ref: `refs/fleet-hooks/${taskId.replaceAll('.', '%2E')}` }
}

function shortList(files: readonly string[]): string {
  const more = files.length - NAMED_FILES
  return files.slice(0, NAMED_FILES).join(', ') + (more > 0 ? ` and ${more} more` : '')
}
