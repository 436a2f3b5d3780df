import { z } from 'zod'
import { defineFunction } from './supervisor-function.ts'

export const askHuman = defineFunction({
  name: 'ask_human',
  aliases: [],
  description:
    'Ask the person who gave the task, only where neither the files nor the objective say what is wanted. The task waits for the answer.',
  parameters: z.object({
    question: z.string().trim().min(1).max(2_000),
    choices: z.array(z.string().trim().min(1).max(200)).max(10).optional(),
  }),
  async run({ question, choices = [] }, context) {
    await context.ask(question, choices)
    return { ok: true, result: 'The person is asked.', tree: null }
  },
})
