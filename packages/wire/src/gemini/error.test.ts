import { describe, expect, it } from 'vitest'
import { anthropic, gemini } from '../index.ts'

const DETAIL = 'type.googleapis.com/google.rpc.'

describe('a Gemini error', () => {
  it('says when to try again, in its details or in a header', () => {
    const details = [{ '@type': `${DETAIL}RetryInfo`, retryDelay: '34.074824224s' }]
    const body = JSON.stringify({
      error: { code: 429, status: 'RESOURCE_EXHAUSTED', message: 'Quota', details },
    })
    const error = gemini.readError(429, {}, body)
    expect(error).toEqual({
      type: 'rate_limit',
      message: 'Quota',
      status: 429,
      vendorType: 'RESOURCE_EXHAUSTED',
      retryAfterMs: 34_075,
      requestId: null,
    })
    expect(gemini.readError(429, { 'retry-after': '2' }, body).retryAfterMs).toBe(2000)
    expect(gemini.readError(429, {}, JSON.stringify(gemini.writeError(error)))).toEqual(error)
    expect(anthropic.writeError(error)).toMatchObject({
      error: { type: 'rate_limit_error', message: 'Quota' },
    })
  })

  it.each([
    [400, 'INVALID_ARGUMENT', 'invalid_request'],
    [400, 'FAILED_PRECONDITION', 'invalid_request'],
    [401, 'UNAUTHENTICATED', 'authentication'],
    [403, 'PERMISSION_DENIED', 'permission'],
    [404, 'NOT_FOUND', 'not_found'],
    [429, 'RESOURCE_EXHAUSTED', 'rate_limit'],
    [500, 'INTERNAL', 'upstream'],
    [503, 'UNAVAILABLE', 'overloaded'],
    [504, 'DEADLINE_EXCEEDED', 'timeout'],
    [418, 'SOME_FUTURE_STATUS', 'invalid_request'],
  ])('of status %i %s is %s', (code, status, type) => {
    const body = { error: { code, status, message: 'words' } }
    for (const one of [body, [body]])
      expect(gemini.readError(code, {}, JSON.stringify(one))).toMatchObject({ type, message: 'words' })
  })

  it('of a wrong key is one of authentication, whatever its status', () => {
    const details = [{ '@type': `${DETAIL}ErrorInfo`, reason: 'API_KEY_INVALID' }]
    const body = { error: { code: 400, status: 'INVALID_ARGUMENT', message: 'API key not valid.', details } }
    expect(gemini.readError(400, {}, JSON.stringify(body))).toMatchObject({
      type: 'authentication',
      status: 400,
    })
  })

  it('is read from whatever came, and written with the status of another vendor', () => {
    expect(gemini.readError(502, {}, 'upstream connect error')).toMatchObject({
      type: 'upstream',
      message: 'upstream connect error',
    })
    const overloaded = anthropic.readError(
      529,
      {},
      '{"error":{"type":"overloaded_error","message":"Overloaded"}}',
    )
    expect(gemini.writeError(overloaded)).toEqual({
      error: { code: 529, message: 'Overloaded', status: 'UNAVAILABLE' },
    })
  })
})
