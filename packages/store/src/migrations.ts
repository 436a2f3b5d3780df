import { sql } from 'kysely'
import type { Kysely, Migration } from 'kysely'

const initialSchema = [
  sql`create table sessions (
    id text primary key, title text not null, "workingDir" text not null, agent text not null, model text,
    state text not null, outcome text, "createdAt" integer not null, "updatedAt" integer not null) strict`,
  sql`create index "sessionsNewest" on sessions ("createdAt" desc, id desc)`,
  sql`create table events (
    "sessionId" text not null references sessions (id), seq integer not null, "eventId" text, type text not null,
    at integer not null, payload text not null, primary key ("sessionId", seq)) strict`,
  sql`create unique index "eventsById" on events ("sessionId", "eventId") where "eventId" is not null`,
  sql`create table evidence (
    "sessionId" text not null references sessions (id), id text not null, turn integer not null, phase text not null,
    "check" text not null, verdict text not null, "treeHash" text not null, at integer not null, body text not null,
    unique ("sessionId", id)) strict`,
  sql`create table exchanges (
    id text primary key, "taskId" text, purpose text, at integer not null, outcome text not null, reason text not null,
    status integer not null, "clientFormat" text not null, "upstreamFormat" text, provider text, model text not null,
    stream integer not null, simulated integer not null, "inputTokens" integer, "outputTokens" integer,
    "cacheReadTokens" integer, "cacheWriteTokens" integer, "reasoningTokens" integer, "costUsd" real,
    "durationMs" real not null) strict`,
  sql`create index "exchangesByTask" on exchanges ("taskId", at)`,
  sql`create index "exchangesNewest" on exchanges (at)`,
  sql`create table leases (
    "sessionId" text primary key references sessions (id), generation integer not null, pid integer,
    "processStart" text) strict`,
  sql`create table "values" (room text not null, key text not null, value text not null, primary key (room, key))
    strict, without rowid`,
]

// The price of exchanges from before there were prices is not known, but for those that cannot have cost anything.
const usageLedger = [
  sql`alter table exchanges add column "keyId" text`,
  sql`alter table exchanges add column "upstreamModel" text`,
  sql`alter table exchanges add column "heldUsd" real`,
  sql`alter table exchanges add column "heldTokens" integer`,
  sql`update exchanges set "costUsd" = 0 where simulated = 1 or outcome = 'rejected'`,
  sql`create index "exchangesByKey" on exchanges ("keyId", at) where "keyId" is not null`,
]

const virtualKeys = [
  sql`create table keys (
    id text primary key, name text not null, hash text not null unique, models text not null, limits text not null,
    "createdAt" integer not null, "expiresAt" integer, "revokedAt" integer) strict`,
]

const responses = [
  sql`create table responses (
    seq integer primary key autoincrement, id text not null, owner text not null, previous integer, at integer not null,
    input text not null, body text not null) strict`,
  sql`create index "responsesById" on responses (id, seq desc)`,
  sql`create index "responsesByAge" on responses (at)`,
]

const commands = [
  sql`create table commands (
    seq integer primary key autoincrement, "sessionId" text not null references sessions (id), at integer not null,
    payload text not null) strict`,
  sql`create index "commandsBySession" on commands ("sessionId", seq)`,
]

/** The schema's steps by name, in order. Forward only: a step that was released is never changed, only followed. */
export const migrations: Readonly<Record<string, Migration>> = {
  '0001-initial': {
    async up(db: Kysely<unknown>): Promise<void> {
      for (const statement of initialSchema) await statement.execute(db)
    },
  },
  '0002-usage-ledger': {
    async up(db: Kysely<unknown>): Promise<void> {
      for (const statement of usageLedger) await statement.execute(db)
    },
  },
  '0003-virtual-keys': {
    async up(db: Kysely<unknown>): Promise<void> {
      for (const statement of virtualKeys) await statement.execute(db)
    },
  },
  '0004-responses': {
    async up(db: Kysely<unknown>): Promise<void> {
      for (const statement of responses) await statement.execute(db)
    },
  },
  '0005-commands': {
    async up(db: Kysely<unknown>): Promise<void> {
      for (const statement of commands) await statement.execute(db)
    },
  },
}
