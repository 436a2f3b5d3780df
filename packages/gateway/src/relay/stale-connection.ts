import type { Socket } from 'node:net'
import { buildConnector } from 'undici'

/** Errors of sockets that had already carried an answer. */
const stale = new WeakSet<Error>()

/** Connects like undici does, and remembers which errors come from connections that had served before. */
export function createConnector(timeoutMs: number): buildConnector.connector {
  const connect = buildConnector({ timeout: timeoutMs })
  return (options, callback) => {
    connect(options, (...outcome) => {
      // Before undici's own listener, so that the error is known when it arrives.
      if (outcome[0] === null) watch(outcome[1])
      callback(...outcome)
    })
  }
}

/** Whether a call failed because a kept connection was closed; between two requests that is nobody's fault. */
export function isStaleConnection(cause: unknown): boolean {
  if (!(cause instanceof Error)) return false
  if (stale.has(cause)) return true
  // undici's SocketError tells what the socket had read.
  const socket = 'socket' in cause ? cause.socket : null
  return (
    typeof socket === 'object' &&
    socket !== null &&
    'bytesRead' in socket &&
    typeof socket.bytesRead === 'number' &&
    socket.bytesRead > 0
  )
}

function watch(socket: Socket): void {
  const before = socket.bytesRead
  socket.on('error', (error: Error) => {
    if (socket.bytesRead > before) stale.add(error)
  })
}
