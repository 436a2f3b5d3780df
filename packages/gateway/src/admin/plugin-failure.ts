import type { FastifyReply } from 'fastify'
import { PluginError } from '@agentproxy/plugin'
import type { PluginErrorCode } from '@agentproxy/plugin'
import { GatewayError } from '../errors.ts'

/** Codes whose cause is not a failure inside a plugin. */
const STATUS: Readonly<Partial<Record<PluginErrorCode, number>>> = {
  PLUGIN_NOT_FOUND: 404,
  TOOL_NOT_FOUND: 404,
  TOOL_INPUT_INVALID: 400,
  TOOL_TIMEOUT: 504,
  PLUGIN_DUPLICATE: 409,
  PLUGIN_IN_USE: 409,
  DEPENDENCY_MISSING: 409,
  DEPENDENCY_CYCLE: 409,
  CONTRIBUTION_CONFLICT: 409,
}

/** Answers with an error of the plugin system or of ours; whatever else was thrown is thrown on. */
export function sendPluginError(reply: FastifyReply, thrown: unknown): FastifyReply {
  if (GatewayError.is(thrown)) return sendProblem(reply, 500, thrown)
  if (!PluginError.is(thrown)) throw thrown
  return sendProblem(reply, STATUS[thrown.code] ?? 500, thrown)
}

/** An error of a management route: a code for programs, words for people. */
export function sendProblem(
  reply: FastifyReply,
  status: number,
  { code, message }: { readonly code: string; readonly message: string },
): FastifyReply {
  const type = status < 500 ? 'invalid_request_error' : 'server_error'
  return reply.code(status).send({ error: { message, type, param: null, code } })
}
