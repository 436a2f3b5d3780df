import type { PromptResponse, RequestError } from '@agentclientprotocol/sdk'
import { failed, isRetryableStatus } from '@agentproxy/agent-kit'
import type { AgentEvent, AgentTurnResult } from '@agentproxy/plugin'
import { z } from 'zod'

const AUTH_REQUIRED = -32_000
const INTERNAL_ERROR = -32_603

const tokens = z.object({ inputTokens: z.number(), outputTokens: z.number() })
const quota = z.object({
  quota: z.object({ token_count: z.object({ input_tokens: z.number(), output_tokens: z.number() }) }),
})

/** What the turn used, where the agent tells: as the protocol's draft has it, or as Gemini CLI does. */
export function usageOf(answer: PromptResponse): AgentEvent | null {
  const told = tokens.safeParse(Reflect.get(answer, 'usage')).data
  if (told !== undefined) return { type: 'usage', ...told, costUsd: null }
  const count = quota.safeParse(Reflect.get(answer, '_meta')).data?.quota.token_count
  if (count === undefined) return null
  const { input_tokens: inputTokens, output_tokens: outputTokens } = count
  return { type: 'usage', inputTokens, outputTokens, costUsd: null }
}

/** A request that the agent answered with an error. Some give the HTTP status of the model call as its code. */
export function requestFailed(
  agent: string,
  conversationId: string | null,
  error: RequestError,
): AgentTurnResult {
  const details = textOf(error.data)
  const said =
    details === '' || error.message.includes(details) ? error.message : `${error.message}: ${details}`
  if (error.code === AUTH_REQUIRED) {
    const message = `${agent} wants to be logged in, though it was given our gateway: ${said}`
    return failed(conversationId, { code: 'protocol', message, retryable: false })
  }
  const isStatus = error.code >= 400 && error.code < 600
  const retryable = isStatus ? isRetryableStatus(error.code) : error.code === INTERNAL_ERROR
  return failed(conversationId, { code: 'model', message: `${agent} failed: ${said}`, retryable })
}

function textOf(data: unknown): string {
  if (typeof data === 'string') return data
  if (typeof data !== 'object' || data === null) return ''
  const details: unknown = Reflect.get(data, 'details') ?? Reflect.get(data, 'message')
  return typeof details === 'string' ? details : JSON.stringify(data)
}
