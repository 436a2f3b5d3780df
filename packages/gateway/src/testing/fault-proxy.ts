import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'

/** What the wire does to the bytes of an answer. */
export interface Fault {
  /** Each piece is this late. */
  readonly latencyMs?: number
  /** Cuts the bytes into pieces of this size, each in a write of its own. */
  readonly sliceBytes?: number
  /** A reset after so many bytes. */
  readonly resetAfter?: number
  /** Nothing passes any more after so many bytes, and nobody says so. */
  readonly blackholeAfter?: number
}

/** A TCP proxy on loopback before a server that behaves, so that the fault is the network's. */
export class FaultProxy {
  fault: Fault = {}
  readonly #sockets = new Set<Socket>()
  readonly #server

  constructor(target: string) {
    const { port, hostname } = new URL(target)
    this.#server = createServer((client) => {
      const upstream = connect(Number(port), hostname)
      // undici connects anew after a call was given up; nobody asks on that connection.
      const idle = setTimeout(() => client.destroy(), 200)
      client.once('data', () => clearTimeout(idle))
      for (const socket of [client, upstream]) {
        this.#sockets.add(socket)
        socket.setNoDelay(true)
        socket.on('error', () => {})
        socket.once('close', () => this.#sockets.delete(socket))
      }
      client.pipe(upstream)
      // A connection that breaks breaks the loop over it.
      void this.#relay(upstream, client).catch(() => client.destroy())
      client.once('close', () => upstream.destroy())
    })
  }

  async listen(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    return this
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  async #relay(from: Socket, to: Socket): Promise<void> {
    let passed = 0
    for await (const chunk of from) {
      const {
        latencyMs = 0,
        sliceBytes = Infinity,
        resetAfter = Infinity,
        blackholeAfter = Infinity,
      } = this.fault
      const bytes = (chunk as Buffer).subarray(0, Math.min(resetAfter, blackholeAfter) - passed)
      for (let at = 0; at < bytes.length; at += sliceBytes) {
        await new Promise((resolve) =>
          latencyMs === 0 ? setImmediate(resolve) : setTimeout(resolve, latencyMs),
        )
        to.write(bytes.subarray(at, at + sliceBytes))
      }
      passed += bytes.length
      if (passed >= blackholeAfter) return
      if (passed >= resetAfter) return void setTimeout(() => to.resetAndDestroy(), 30)
    }
    to.end()
  }
}
