import type { IncomingMessage } from 'node:http'

const LOOPBACK_NAMES: readonly string[] = ['127.0.0.1', 'localhost', '[::1]']

/** Why a request may not come in, in words for the caller; null = it may. */
export type CallerProblem = string | null

/**
 * Refuses what a browser was tricked into sending: a Host that is not this machine (DNS rebinding), an Origin that is not
 * this listener, a request another site started. Programs send none of these headers but Host.
 */
export function checkCaller(request: IncomingMessage, ports: readonly number[]): CallerProblem {
  // A target with a host of its own would outrank the Host header (RFC 9112, 3.2.2).
  if (request.url?.startsWith('/') !== true) return 'The request target must be a path.'
  const { host, origin } = request.headers
  if (host === undefined || countHosts(request.rawHeaders) !== 1 || !isOurHost(host.toLowerCase(), ports)) {
    return `The Host header must be 127.0.0.1, localhost or [::1], with port ${ports[0]}.`
  }
  if (origin !== undefined && !isOurOrigin(origin, ports)) {
    return 'Requests from web pages of another origin are refused.'
  }
  const site = request.headers['sec-fetch-site']
  if (site !== undefined && site !== 'same-origin' && site !== 'none') {
    return 'Requests started by another site are refused.'
  }
  return null
}

function isOurHost(host: string, ports: readonly number[]): boolean {
  return LOOPBACK_NAMES.some((name) => host === name || ports.some((port) => host === `${name}:${port}`))
}

function isOurOrigin(origin: string, ports: readonly number[]): boolean {
  return LOOPBACK_NAMES.some((name) => ports.some((port) => origin === `http://${name}:${port}`))
}

/** Node keeps the first of several Host headers; a proxy before us may have believed the last. */
function countHosts(rawHeaders: readonly string[]): number {
  let count = 0
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]
    if (name !== undefined && name.length === 4 && name.toLowerCase() === 'host') count += 1
  }
  return count
}
