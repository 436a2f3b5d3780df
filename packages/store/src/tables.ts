import type { Generated } from 'kysely'
import type { EvidenceRecord, ExchangeRecord, KeyRecord, SessionRecord } from './store.ts'

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

/** The rows as SQLite keeps them. Columns are named as in the records, so that most rows are records. */
export interface Tables {
  sessions: Writable<SessionRecord>
  events: EventRow
  commands: CommandRow
  evidence: Writable<Omit<EvidenceRecord, 'body'>> & { body: string }
  exchanges: Writable<Omit<ExchangeRecord, 'stream' | 'simulated'>> & { stream: number; simulated: number }
  /** `models` and `limits` are JSON. */
  keys: Writable<Omit<KeyRecord, 'models' | 'limits'>> & { hash: string; models: string; limits: string }
  leases: LeaseRow
  responses: ResponseRow
  values: ValueRow
  /** Kysely's own list of the steps already taken. */
  kysely_migration: { name: string }
  /** SQLite's list of tables. */
  sqlite_master: { name: string }
}
