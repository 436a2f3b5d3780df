import type { Duplex } from 'node:stream'
import { STATUS_CODES } from 'node:http'

interface Refusal {
  readonly status: number
  readonly message: string
}

/**
 * Ends a connection whose next request could not be read: nothing that follows on it can be trusted to begin where it
 * seems to. It is told why only if nothing was sent on it before, so that no answer under way gets another one inside it.
 */
export function refuseConnection(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (socket.destroyed || error.code === 'ECONNRESET') {
    socket.destroy()
    return
  }
  if (!socket.writable || ('bytesWritten' in socket && socket.bytesWritten !== 0)) {
    socket.destroy()
    return
  }
  const { status, message } = refusalOf(error.code)
  const body = JSON.stringify({
    error: { message, type: 'invalid_request_error', param: null, code: 'bad_request' },
  })
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(body)}`,
    'cache-control: no-store',
    'x-content-type-options: nosniff',
    'connection: close',
  ]
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy())
}

function refusalOf(code: string | undefined): Refusal {
  switch (code) {
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return { status: 408, message: 'The request did not arrive in time.' }
    case 'HPE_HEADER_OVERFLOW':
      return { status: 431, message: 'The headers of the request are larger than the gateway takes.' }
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return {
        status: 413,
        message: 'The chunk extensions of the request are larger than the gateway takes.',
      }
    default:
      return { status: 400, message: 'The request is not well-formed HTTP.' }
  }
}
