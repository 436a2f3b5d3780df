import type { ModelEvent } from '@agentproxy/wire'
import type { Fault } from '../scenario/scenario.ts'

/** One moment of an answer. */
export type Beat =
  | { readonly kind: 'events'; readonly events: readonly ModelEvent[] }
  | { readonly kind: 'delay'; readonly ms: number }
  | { readonly kind: 'fault'; readonly fault: Fault }

/** What the simulator will do, in order. Without a `cut` or `stall` it is one whole answer, from `start` to `end`. */
export type Answer = readonly Beat[]
