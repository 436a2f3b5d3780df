import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { listenFailure, loopbackAddress, urlOf } from './loopback-address.ts'
import type { ListenAddress } from './loopback-address.ts'

/** Accepts connections for gateways in other processes; each takes them by its `accept`. */
export interface Listener {
  readonly url: string
  /** Told of each connection; nothing has been read of it. */
  onConnection(serve: (socket: Socket) => void): void
  /** Connections that were handed on stay open. */
  close(): void
}

/** Loopback only. Throws `PORT_IN_USE`, `HOST_NOT_LOOPBACK`, `LISTEN_FAILED`. */
export async function openListener(where: ListenAddress): Promise<Listener> {
  const address = loopbackAddress(where)
  const server = createServer({ pauseOnConnect: true })
  server.listen(address)
  try {
    await once(server, 'listening')
  } catch (error) {
    throw listenFailure(where, error)
  }
  // Such as too many open files: it is closed to the client, and the next may do.
  server.on('error', () => {})
  return {
    url: urlOf(server.address() as AddressInfo),
    onConnection: (serve) => void server.on('connection', serve),
    close: () => void server.close(),
  }
}
