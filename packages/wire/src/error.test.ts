import { describe, expect, it } from 'vitest'
import { anthropic, openaiChat, retryAfterMs, statusOf } from './index.ts'

const overflow = 'input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000'

describe('errors', () => {
  it('keep the upstream wording whole through both formats', () => {
    const body = JSON.stringify({
      type: 'error',
      error: { type: 'invalid_request_error', message: overflow },
      request_id: 'req_1',
    })
    const error = anthropic.readError(400, {}, body)
    expect(error).toMatchObject({
      type: 'invalid_request',
      status: 400,
      requestId: 'req_1',
      message: overflow,
    })
    const chat = openaiChat.writeError(error)
    expect(chat).toMatchObject({
      error: { message: overflow, type: 'invalid_request_error', code: 'context_length_exceeded' },
    })
    expect(openaiChat.readError(400, {}, JSON.stringify(chat)).message).toBe(overflow)
  })

  it.each([
    [529, 'overloaded', 'overloaded_error'],
    [429, 'rate_limit', 'rate_limit_error'],
    [401, 'authentication', 'authentication_error'],
    [403, 'permission', 'permission_error'],
    [404, 'not_found', 'not_found_error'],
    [413, 'too_large', 'request_too_large'],
    [422, 'invalid_request', 'invalid_request_error'],
    [500, 'upstream', 'api_error'],
    [503, 'overloaded', 'overloaded_error'],
    [504, 'timeout', 'timeout_error'],
  ])('of status %i are %s in both formats, and %s to a Messages client', (status, type, vendorType) => {
    for (const format of [anthropic, openaiChat])
      expect(format.readError(status, {}, '{}')).toMatchObject({ type, status })
    expect(anthropic.writeError(openaiChat.readError(status, {}, ''))).toMatchObject({
      error: { type: vendorType },
    })
  })

  it.each([
    [
      '<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head></html>',
      'The upstream answered 502 with an HTML page: 502 Bad Gateway.',
    ],
    ['', 'The upstream answered 502 with an empty body.'],
    ['upstream connect error', 'upstream connect error'],
    ['{"detail":"No such thing"}', 'No such thing'],
    ['{"error":"plain words"}', 'plain words'],
    ['{"message":"words"}', 'words'],
    ['[{"error":{"code":400,"message":"from Gemini"}}]', 'from Gemini'],
    ['{"strange":true}', '{"strange":true}'],
  ])('are read from %j', (body, message) => {
    for (const format of [anthropic, openaiChat])
      expect(format.readError(502, {}, body).message).toBe(message)
  })

  it('carry when to try again and the request id', () => {
    expect(anthropic.readError(429, { 'Retry-After': '1.5', 'request-id': 'req' }, '')).toMatchObject({
      retryAfterMs: 1500,
      requestId: 'req',
    })
    expect(openaiChat.readError(429, { 'retry-after-ms': '20', 'x-request-id': 'req' }, '')).toMatchObject({
      retryAfterMs: 20,
      requestId: 'req',
    })
    const now = Date.parse('Sun, 06 Nov 1994 08:49:37 GMT')
    expect(retryAfterMs({ 'retry-after': 'Sun, 06 Nov 1994 08:49:40 GMT' }, now)).toBe(3000)
    expect(retryAfterMs({ 'retry-after': 'soon' }, now)).toBeNull()
  })

  it('have a status of their own when the upstream gave none', () => {
    expect([statusOf('truncated'), statusOf('rate_limit'), statusOf('overloaded')]).toEqual([502, 429, 529])
  })
})
