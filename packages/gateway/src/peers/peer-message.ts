import type { HealthReport } from '@agentproxy/kernel'
import type { LaneNews } from '../accounts/account-book.ts'
import type { PluginChange, PluginState } from '../admin/change-plugin.ts'
import type { LoggedEvent } from '../events/event-ring.ts'
import type { MetricFamily } from '../metrics/metric-text.ts'

/** What one process lets the others know. */
export interface Tellings {
  /** How calls on an account go. */
  readonly lane: LaneNews
  /** Which account a conversation is at. */
  readonly home: { readonly key: string; readonly label: string }
}

/** What one process asks all others, and what each answers. */
export interface Questions {
  readonly plugin: { readonly ask: PluginChange; readonly answer: null }
  readonly plugins: { readonly ask: null; readonly answer: readonly PluginState[] }
  readonly health: { readonly ask: null; readonly answer: HealthReport }
  readonly metrics: { readonly ask: null; readonly answer: readonly MetricFamily[] }
  /** Events that were not handed on yet are, before the answer. */
  readonly events: { readonly ask: null; readonly answer: null }
}

export type Telling = keyof Tellings
export type Question = keyof Questions

/** What one of the others answered, or why it did not. */
export type PeerAnswer<Value> =
  | { readonly from: number; readonly ok: true; readonly value: Value }
  | { readonly from: number; readonly ok: false; readonly reason: string }

/** Events of one process in their order, and how many before them were lost. */
export interface EventBatch {
  readonly dropped: number
  readonly events: readonly LoggedEvent[]
}

/** A process to the hub. */
export type ToHub =
  | { readonly kind: 'tell'; readonly topic: Telling; readonly data: unknown }
  | {
      readonly kind: 'ask'
      readonly id: number
      readonly topic: Question
      readonly data: unknown
      readonly limitMs: number
    }
  | { readonly kind: 'answer'; readonly id: number; readonly answer: PeerAnswer<unknown> }
  | ({ readonly kind: 'events' } & EventBatch)
  /** Whether this process wants every event, from the oldest that is still known. */
  | { readonly kind: 'watch'; readonly on: boolean }
  /** What it has counted, when it leaves. */
  | { readonly kind: 'counted'; readonly families: readonly MetricFamily[] }

/** The hub to a process. */
export type FromHub =
  | { readonly kind: 'told'; readonly topic: Telling; readonly data: unknown }
  | { readonly kind: 'asked'; readonly id: number; readonly topic: Question; readonly data: unknown }
  | { readonly kind: 'answers'; readonly id: number; readonly answers: readonly PeerAnswer<unknown>[] }
  /** Whether anybody reads the events, so that they are worth handing on at once. */
  | { readonly kind: 'watched'; readonly on: boolean }
  /** All that is known, the first of them numbered `startId + dropped`. */
  | ({ readonly kind: 'ring'; readonly startId: number } & EventBatch)
  | ({ readonly kind: 'events' } & EventBatch)
