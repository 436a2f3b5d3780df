const LEGAL = /^[a-zA-Z0-9_-]+$/
const PREFIX = 'call_b64_'

/** Messages takes only `^[a-zA-Z0-9_-]+$` as a tool id; any other id is written as base64url, which `decodeToolId` undoes. */
export function encodeToolId(id: string): string {
  return LEGAL.test(id) ? id : PREFIX + Buffer.from(id, 'utf8').toString('base64url')
}

/** The id `encodeToolId` was given; every other id as it is. */
export function decodeToolId(id: string): string {
  if (!id.startsWith(PREFIX)) return id
  const decoded = Buffer.from(id.slice(PREFIX.length), 'base64url').toString('utf8')
  return encodeToolId(decoded) === id ? decoded : id
}
