// An upstream of one's own: any server on this machine that speaks the OpenAI chat format, with its models asked for and
// its health known.
import { baseUrlProblem, definePlugin } from '@agentproxy/plugin'
import { z } from 'zod'

const modelList = z.object({ data: z.array(z.object({ id: z.string() })) })

export default definePlugin({
  name: 'local-models',
  version: '1.0.0',
  kind: 'provider',
  description: 'Models of a server on this machine that speaks the OpenAI format',
  config: z.strictObject({
    /** Up to and with `/v1`. */
    baseUrl: z
      .string()
      .default('http://127.0.0.1:11434/v1')
      .superRefine((url, issue) => {
        const problem = baseUrlProblem(url)
        if (problem !== null) issue.addIssue({ code: 'custom', message: problem })
      }),
  }),
  setup(ctx) {
    const baseUrl = ctx.config.baseUrl.replace(/\/+$/, '')
    const listModels = async (signal: AbortSignal) => {
      const response = await ctx.http(`${baseUrl}/models`, { signal, timeoutMs: 5000 })
      if (!response.ok) throw new Error(`the server answered its model list with ${response.status}`)
      return modelList.parse(await response.json()).data.map(({ id }) => ({ id }))
    }
    ctx.provider({
      name: 'local-models',
      displayName: 'This machine',
      endpoints: { 'openai-chat': { url: `${baseUrl}/chat/completions` } },
      credential: null,
      headers: {},
      models: listModels,
      passesUnknownModels: false,
      simulated: false,
    })
    ctx.health(async (signal) => {
      try {
        const models = await listModels(signal)
        return models.length > 0
          ? { status: 'pass', details: { models: models.length } }
          : { status: 'warn', output: 'the server has no models' }
      } catch (error) {
        return { status: 'fail', output: (error as Error).message }
      }
    })
  },
})
