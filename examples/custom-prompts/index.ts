// House rules of a project, from its .agentproxy/prompts/*.md, told to the agent and to the reasoner.
import { definePlugin, modify } from '@agentproxy/plugin'
import { z } from 'zod'
import { readHouseRules } from './house-rules.ts'

const config = z.object({
  /** Of all files together; what is over is cut. */
  maxBytes: z.int().positive().max(262_144).default(16_384),
})

export default definePlugin({
  name: 'custom-prompts',
  version: '1.0.0',
  description: "Tells agents the project's house rules",
  config,
  setup(ctx) {
    const { maxBytes } = ctx.config

    // Only this hook knows the folder. Storage and not a variable: a task may be resumed in another process.
    ctx.hook('task.start', async ({ taskId, workingDir }) => {
      await ctx.storage.forTask(taskId).set('workingDir', workingDir)
    })

    const rulesOf = async (taskId: string): Promise<string | null> => {
      const workingDir = await ctx.storage.forTask(taskId).get('workingDir')
      const rules = typeof workingDir === 'string' ? await readHouseRules(workingDir, maxBytes) : null
      if (rules?.cut === true)
        ctx.log.warn(`the house rules are longer than ${maxBytes} bytes and were cut`, { taskId })
      return rules === null ? null : `House rules of this project:\n\n${rules.text}`
    }

    ctx.hook('agent.start', async ({ taskId, turn, prompt }) => {
      // The agent remembers its first turn; a turn begun anew has them in its prompt already.
      const rules = turn === 1 ? await rulesOf(taskId) : null
      return rules === null || prompt.includes(rules)
        ? undefined
        : modify({ prompt: `${prompt}\n\n${rules}` })
    })

    ctx.hook('reasoning.start', async ({ taskId, reasoner, context }) => {
      // The rules only pass on what they are told, and the agent has it.
      const rules = reasoner === 'rules' ? null : await rulesOf(taskId)
      return rules === null
        ? undefined
        : modify({ context: { ...context, notes: [...context.notes, rules] } })
    })

    ctx.hook('task.complete', async ({ taskId }) => {
      await ctx.storage.forTask(taskId).delete('workingDir')
    })
  },
})
