import type { IncomingMessage } from 'node:http'

const BODY_LIMIT_BYTES = 64 * 1024 * 1024

/** The request's body as JSON; throws `SyntaxError` when it is none, `RangeError` over 64 MiB. */
export async function readBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request) {
    if (!Buffer.isBuffer(chunk)) throw new TypeError('the request has an encoding set')
    size += chunk.length
    if (size > BODY_LIMIT_BYTES) throw new RangeError('[simulated] The request is over 64 MiB.')
    chunks.push(chunk)
  }
  return JSON.parse(Buffer.concat(chunks).toString('utf8'))
}
