import type { FromHub, ToHub } from '@agentproxy/gateway'

/** Raised when primary and worker would no longer understand each other: they may be of two releases during an upgrade. */
export const PROTOCOL = 1

/** The primary to a worker. */
export type ToWorker =
  /** Whatever it needs to begin. */
  | {
      readonly kind: 'begin'
      /** Where the primary listens for all. */
      readonly url: string
      readonly disabledPlugins: readonly string[]
    }
  /** It is the one that runs what must be run once. */
  | { readonly kind: 'lead' }
  /** Comes with a socket. */
  | { readonly kind: 'connection' }
  /** Finish what is in flight. With `handOver` other workers go on, and it ends by itself; else it waits for `end`. */
  | { readonly kind: 'stop'; readonly handOver: boolean }
  /** All have finished. Until then each still answers, if only that the server is closing. */
  | { readonly kind: 'end' }
  | { readonly kind: 'peer'; readonly message: FromHub }

/** A worker to the primary. */
export type FromWorker =
  | { readonly kind: 'hello'; readonly protocol: number }
  /** It serves. `announcement` is what a server says on standard output, once for all workers. */
  | { readonly kind: 'ready'; readonly announcement: string }
  /** What runs once does not run here any more. */
  | { readonly kind: 'resigned' }
  /** Nothing is in flight any more. */
  | { readonly kind: 'drained' }
  | { readonly kind: 'peer'; readonly message: ToHub }
