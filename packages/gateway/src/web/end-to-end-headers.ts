/** RFC 9110, 7.6.1, and `expect`, which the server has answered already. They speak of one connection. */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection',
  'expect',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/** The headers that speak of the message itself, with lower-case names; those that `connection` names are left out too. */
export function endToEndHeaders(headers: Iterable<readonly [string, string]>): [string, string][] {
  const all = [...headers].map(([name, value]): [string, string] => [name.toLowerCase(), value])
  const named = all.filter(([name]) => name === 'connection').flatMap(([, value]) => value.split(','))
  const dropped = new Set(named.map((name) => name.trim().toLowerCase()))
  return all.filter(([name]) => !HOP_BY_HOP.has(name) && !dropped.has(name))
}

/** Node's flat list of names and values, in pairs. */
export function* headerPairs(rawHeaders: readonly string[]): Generator<[string, string]> {
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    yield [rawHeaders[index] ?? '', rawHeaders[index + 1] ?? '']
  }
}
