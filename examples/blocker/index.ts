// Refuses tasks by their words.
import { block, definePlugin } from '@agentproxy/plugin'
import { z } from 'zod'

const config = z.object({
  /** A task whose text contains one of these is refused; case does not count. */
  words: z.array(z.string().trim().min(1)).default(['forbidden']),
})

export default definePlugin({
  name: 'blocker',
  version: '1.0.0',
  description: 'Refuses tasks that contain a forbidden word',
  config,
  setup(ctx) {
    const words = ctx.config.words.map((word) => word.toLowerCase())
    ctx.hook(
      'task.start',
      ({ prompt }) => {
        const text = prompt.toLowerCase()
        const found = words.find((word) => text.includes(word))
        return found === undefined ? undefined : block(`Task contains forbidden keyword: ${found}`)
      },
      // Last, so that it sees the task as other plugins left it.
      { order: 'post', onError: 'block' },
    )
  },
})
