import { createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'

/** A server that reads a request and then says any bytes whatever, as no HTTP library would. */
export class RawUpstream {
  /** Told of each connection once a request's head and body have begun to arrive. */
  script: (socket: Socket) => void = (socket) => socket.destroy()
  readonly #sockets = new Set<Socket>()
  readonly #server = createServer((socket) => {
    this.#sockets.add(socket)
    // undici connects anew after a call was given up; nobody asks on that connection.
    const idle = setTimeout(() => socket.destroy(), 200)
    socket.once('data', () => clearTimeout(idle))
    socket.on('error', () => {})
    socket.once('close', () => this.#sockets.delete(socket))
    socket.on('data', (bytes) => {
      if (bytes.includes('HTTP/1.1\r\n') || bytes[0] === 0x16) this.script(socket)
    })
  })

  async listen(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    return this
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** Connections that are open. */
  get open(): number {
    return this.#sockets.size
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}
