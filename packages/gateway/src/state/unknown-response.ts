import type { Interruptible } from '../exchange/interrupt.ts'

/** What OpenAI answers to a `previous_response_id` it does not have (platform.openai.com, Conversation state). */
export function sendUnknownPrevious({ exchange, answer }: Interruptible, id: string): void {
  const error = {
    message: `Previous response with id '${id.slice(0, 200)}' not found.`,
    type: 'invalid_request_error',
    param: 'previous_response_id',
    code: 'previous_response_not_found',
  }
  if (!exchange.end('rejected', 'previous_response_not_found', 400)) return
  answer.send(400, { 'content-type': 'application/json' }, JSON.stringify({ error }))
}

/** The body of a 404 for a response that is not there, or is another's. */
export function unknownResponse(id: string) {
  const message = `Response with id '${id.slice(0, 200)}' not found.`
  return { error: { message, type: 'invalid_request_error', param: null, code: null } }
}
