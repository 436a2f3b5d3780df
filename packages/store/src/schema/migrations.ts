import { sql } from 'kysely'
import type { Kysely, Migration, RawBuilder } from 'kysely'
import type { Database } from '../database.ts'
import { indexExisting } from '../search/index-entries.ts'
import type { Tables } from './tables.ts'
import { columnTypesOf } from './column-types.ts'
import type { ColumnTypes } from './column-types.ts'

type Step = (types: ColumnTypes) => readonly RawBuilder<unknown>[]

/** What a step does that statements cannot say, after them. */
const afterwards: Readonly<Record<string, (db: Kysely<Tables>) => Promise<void>>> = {
  '0008-search': indexExisting,
}

const initialSchema: Step = ({ text, integer, real, rowid, strict, strictWithoutRowid }) => [
  sql`create table sessions (
    id ${text} primary key, title ${text} not null, "workingDir" ${text} not null, agent ${text} not null,
    model ${text}, state ${text} not null, outcome ${text}, "createdAt" ${integer} not null,
    "updatedAt" ${integer} not null)${strict}`,
  sql`create index "sessionsNewest" on sessions ("createdAt" desc, id desc)`,
  sql`create table events (
    "sessionId" ${text} not null references sessions (id), seq ${integer} not null, "eventId" ${text},
    type ${text} not null, at ${integer} not null, payload ${text} not null, primary key ("sessionId", seq))${strict}`,
  sql`create unique index "eventsById" on events ("sessionId", "eventId") where "eventId" is not null`,
  sql`create table evidence (
    "sessionId" ${text} not null references sessions (id), id ${text} not null, turn ${integer} not null,
    phase ${text} not null, "check" ${text} not null, verdict ${text} not null, "treeHash" ${text} not null,
    at ${integer} not null, body ${text} not null, unique ("sessionId", id)${rowid})${strict}`,
  sql`create table exchanges (
    id ${text} primary key, "taskId" ${text}, purpose ${text}, at ${integer} not null, outcome ${text} not null,
    reason ${text} not null, status ${integer} not null, "clientFormat" ${text} not null, "upstreamFormat" ${text},
    provider ${text}, model ${text} not null, stream ${integer} not null, simulated ${integer} not null,
    "inputTokens" ${integer}, "outputTokens" ${integer}, "cacheReadTokens" ${integer}, "cacheWriteTokens" ${integer},
    "reasoningTokens" ${integer}, "costUsd" ${real}, "durationMs" ${real} not null${rowid})${strict}`,
  sql`create index "exchangesByTask" on exchanges ("taskId", at)`,
  sql`create index "exchangesNewest" on exchanges (at)`,
  sql`create table leases (
    "sessionId" ${text} primary key references sessions (id), generation ${integer} not null, pid ${integer},
    "processStart" ${text})${strict}`,
  sql`create table "values" (
    room ${text} not null, key ${text} not null, value ${text} not null, primary key (room, key))${strictWithoutRowid}`,
]

// The price of exchanges from before there were prices is not known, but for those that cannot have cost anything.
const usageLedger: Step = ({ text, integer, real }) => [
  sql`alter table exchanges add column "keyId" ${text}`,
  sql`alter table exchanges add column "upstreamModel" ${text}`,
  sql`alter table exchanges add column "heldUsd" ${real}`,
  sql`alter table exchanges add column "heldTokens" ${integer}`,
  sql`update exchanges set "costUsd" = 0 where simulated = 1 or outcome = 'rejected'`,
  sql`create index "exchangesByKey" on exchanges ("keyId", at) where "keyId" is not null`,
]

const virtualKeys: Step = ({ text, integer, strict }) => [
  sql`create table keys (
    id ${text} primary key, name ${text} not null, hash ${text} not null unique, models ${text} not null,
    limits ${text} not null, "createdAt" ${integer} not null, "expiresAt" ${integer}, "revokedAt" ${integer})${strict}`,
]

const responses: Step = ({ text, integer, counter, strict }) => [
  sql`create table responses (
    seq ${counter}, id ${text} not null, owner ${text} not null, previous ${integer}, at ${integer} not null,
    input ${text} not null, body ${text} not null)${strict}`,
  sql`create index "responsesById" on responses (id, seq desc)`,
  sql`create index "responsesByAge" on responses (at)`,
]

const commands: Step = ({ text, integer, counter, strict }) => [
  sql`create table commands (
    seq ${counter}, "sessionId" ${text} not null references sessions (id), at ${integer} not null,
    payload ${text} not null)${strict}`,
  sql`create index "commandsBySession" on commands ("sessionId", seq)`,
]

// A process number means something on one machine only; owners elsewhere are known by renewing their lease.
const leasesOfManyMachines: Step = ({ text, integer }) => [
  sql`alter table leases add column host ${text}`,
  sql`alter table leases add column "expiresAt" ${integer}`,
]

const sharedSpending: Step = ({ text, integer, real, strict }) => [
  sql`create table holds (
    id ${text} primary key, owner ${text} not null, holder ${text} not null, "costUsd" ${real} not null,
    tokens ${integer} not null, "expiresAt" ${integer} not null)${strict}`,
  sql`create index "holdsByOwner" on holds (owner)`,
  sql`create index "holdsByHolder" on holds (holder)`,
  sql`create table rates (
    owner ${text} not null, name ${text} not null, "left" ${real} not null, at ${integer} not null,
    primary key (owner, name))${strict}`,
]

// SQLite's full text index is a table of its own kind; PostgreSQL's is an index.
const search: Step = ({ kind, text, integer }) =>
  kind === 'sqlite'
    ? [
        sql`create virtual table "searchText" using fts5(words, "sessionId" unindexed, seq unindexed, at unindexed)`,
      ]
    : [
        sql`create table "searchText" (
          words ${text} not null, "sessionId" ${text} not null, seq ${integer} not null, at ${integer} not null)`,
        sql`create index "searchTextWords" on "searchText" using gin (to_tsvector('simple', words))`,
        sql`create index "searchTextBySession" on "searchText" ("sessionId")`,
      ]

const heldLeases: Step = () => [sql`create index "leasesHeld" on leases ("sessionId") where pid is not null`]

const snapshots: Step = ({ text, integer, strict }) => [
  sql`create table snapshots (
    "sessionId" ${text} primary key references sessions (id), seq ${integer} not null, version ${text} not null,
    body ${text} not null)${strict}`,
]

/** The schema's steps by name, in order. Forward only: a step that was released is never changed, only followed. */
const steps: Readonly<Record<string, Step>> = {
  '0001-initial': initialSchema,
  '0002-usage-ledger': usageLedger,
  '0003-virtual-keys': virtualKeys,
  '0004-responses': responses,
  '0005-commands': commands,
  '0006-leases-of-many-machines': leasesOfManyMachines,
  '0007-shared-spending': sharedSpending,
  '0008-search': search,
  '0009-held-leases': heldLeases,
  '0010-snapshots': snapshots,
}

export const migrationNames: readonly string[] = Object.keys(steps)

/** The same steps in the words of one database. */
export function migrationsFor(kind: Database['kind']): Readonly<Record<string, Migration>> {
  const types = columnTypesOf(kind)
  const migrations = Object.entries(steps).map(
    ([name, step]) => [name, migration(step(types), afterwards[name])] as const,
  )
  return Object.fromEntries(migrations)
}

function migration(
  statements: readonly RawBuilder<unknown>[],
  after: ((db: Kysely<Tables>) => Promise<void>) | undefined,
): Migration {
  return {
    async up(db: Kysely<Tables>): Promise<void> {
      for (const statement of statements) await statement.execute(db)
      await after?.(db)
    },
  }
}
