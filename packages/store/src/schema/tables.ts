import type { Generated } from 'kysely'
import type { EvidenceRecord, ExchangeRecord, KeyRecord, SessionRecord } from '../store.ts'

type Writable<T> = { -readonly [K in keyof T]: T[K] }

interface EventRow {
  sessionId: string
  seq: number
  eventId: string | null
  type: string
  at: number
  /** JSON. */
  payload: string
}

interface CommandRow {
  seq: Generated<number>
  sessionId: string
  at: number
  /** JSON. */
  payload: string
}

interface LeaseRow {
  sessionId: string
  generation: number
  /** null once given back; the row stays so that the generation never repeats. */
  pid: number | null
  processStart: string | null
  /** The machine on which `pid` means something. */
  host: string | null
  /** When an owner on another machine that does not renew it is taken for dead, by the database's clock. */
  expiresAt: number | null
}

interface HoldRow {
  id: string
  /** Whose budget it is of. */
  owner: string
  /** The open store that renews it. */
  holder: string
  costUsd: number
  tokens: number
  /** When it counts no more, unless it is renewed, by the database's clock. */
  expiresAt: number
}

interface RateRow {
  owner: string
  name: string
  left: number
  at: number
}

interface SearchRow {
  /** Each word once, in one spelling. */
  words: string
  sessionId: string
  /** 0 = the title. */
  seq: number
  at: number
}

interface SnapshotRow {
  sessionId: string
  seq: number
  version: string
  /** JSON. */
  body: string
}

interface ValueRow {
  room: string
  key: string
  /** JSON. */
  value: string
}

interface ResponseRow {
  seq: Generated<number>
  id: string
  owner: string
  previous: number | null
  at: number
  /** JSON. */
  input: string
  /** JSON. */
  body: string
}

/** The rows as the database keeps them. Columns are named as in the records, so that most rows are records. */
export interface Tables {
  sessions: Writable<SessionRecord>
  events: EventRow
  commands: CommandRow
  evidence: Writable<Omit<EvidenceRecord, 'body'>> & { body: string }
  exchanges: Writable<Omit<ExchangeRecord, 'stream' | 'simulated'>> & { stream: number; simulated: number }
  /** `models` and `limits` are JSON. */
  keys: Writable<Omit<KeyRecord, 'models' | 'limits'>> & { hash: string; models: string; limits: string }
  holds: HoldRow
  leases: LeaseRow
  rates: RateRow
  searchText: SearchRow
  snapshots: SnapshotRow
  responses: ResponseRow
  values: ValueRow
}
