import type { AddressInfo } from 'node:net'
import { GatewayError } from '../errors.ts'

/** Where to listen; port 0 = any free one. */
export interface ListenAddress {
  readonly host: string
  readonly port: number
}

const LOOPBACK: Readonly<Record<string, string>> = {
  localhost: '127.0.0.1',
  '127.0.0.1': '127.0.0.1',
  '::1': '::1',
  '[::1]': '::1',
}

/** The address that is meant. Throws `HOST_NOT_LOOPBACK` for one that others could reach. */
export function loopbackAddress({ host, port }: ListenAddress): ListenAddress {
  const loopback = LOOPBACK[host]
  if (loopback !== undefined) return { host: loopback, port }
  const message = `Refusing to listen on "${host}": only this machine may connect. Use 127.0.0.1, ::1 or localhost.`
  throw new GatewayError('HOST_NOT_LOOPBACK', message)
}

/** The error of a listener that could not start: `PORT_IN_USE` or `LISTEN_FAILED`. */
export function listenFailure({ host, port }: ListenAddress, error: unknown): GatewayError {
  if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') {
    const message = `Port ${port} is in use. Stop the program that holds it, or choose another port (0 takes any free one).`
    return new GatewayError('PORT_IN_USE', message, error)
  }
  return new GatewayError(
    'LISTEN_FAILED',
    `Cannot listen on ${host}, port ${port}. Choose another address.`,
    error,
  )
}

export function urlOf({ address, family, port }: AddressInfo): string {
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`
}
