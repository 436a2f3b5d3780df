import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import type { Database, Queries } from './database.ts'
import { spending } from './exchanges.ts'
import { HoldKeeper } from './hold-keeper.ts'
import type { HoldRequest, RateBucket, Spent, SpendingOwner, Standing, Taking } from './spending.ts'
import type { Store } from './store.ts'

/** What a process put aside counts for so long after it has died. */
const HOLD_MS = 30_000
const DAY_MS = 86_400_000

export interface Holds {
  readonly holds: Store['holds']
  close(this: void): void
}

export function createHolds(db: Database): Holds {
  const holder = randomUUID()
  const keeper = new HoldKeeper(HOLD_MS / 3, () => renew(db, holder))
  const holds: Store['holds'] = {
    take: async <Refusal>(request: HoldRequest<Refusal>) => {
      const id = randomUUID()
      const owner = nameOf(request.owner)
      const take = async (queries: Queries): Promise<Refusal | null> => {
        const decision = request.decide(await standingOf(db, queries, request))
        if ('refusal' in decision) return decision.refusal
        const row = { id, owner, holder, ...decision.taking.amount, expiresAt: holdEnd(db) }
        await queries.run(db.query.insertInto('holds').values(row))
        await setBuckets(db, queries, { owner, buckets: decision.taking.buckets })
        return null
      }
      const refusal = await db.write('put something aside', take, laneOf(owner))
      if (refusal !== null) return { refusal }
      keeper.add(id)
      return { hold: { settle: (unused) => keeper.settle(id, () => settle(db, { id, owner, unused })) } }
    },
  }
  return { holds, close: () => keeper.close() }
}

function nameOf(owner: SpendingOwner): string {
  return 'taskId' in owner ? `task ${owner.taskId}` : `key ${owner.keyId}`
}

function laneOf(owner: string): string {
  return `spending ${owner}`
}

async function standingOf(
  db: Database,
  queries: Queries,
  { owner, since, hasRates }: Pick<HoldRequest<unknown>, 'owner' | 'since' | 'hasRates'>,
): Promise<Standing> {
  const held = await queries.first(
    db.query
      .selectFrom('holds')
      .select([
        sql<number>`${db.now}`.as('now'),
        sql<number>`coalesce(sum("costUsd"), 0)`.as('costUsd'),
        sql<number>`coalesce(sum(tokens), 0)`.as('tokens'),
      ])
      .where('owner', '=', nameOf(owner))
      .where('expiresAt', '>', db.now),
  )
  if (held === undefined) throw new Error('an aggregate query returned no row')
  const { now, ...amount } = held
  const spent: Spent[] = []
  for (const moment of since) {
    const row = await queries.first(spending(db, owner, moment))
    if (row !== undefined) spent.push(row)
  }
  return { now, spent, held: amount, buckets: hasRates ? await bucketsOf(db, queries, nameOf(owner)) : {} }
}

async function bucketsOf(
  db: Database,
  queries: Queries,
  owner: string,
): Promise<Readonly<Record<string, RateBucket>>> {
  const rows = await queries.rows(db.query.selectFrom('rates').selectAll().where('owner', '=', owner))
  return Object.fromEntries(rows.map(({ name, left, at }) => [name, { left, at }]))
}

async function setBuckets(
  db: Database,
  queries: Queries,
  { owner, buckets }: Pick<Taking, 'buckets'> & { readonly owner: string },
): Promise<void> {
  for (const [name, bucket] of Object.entries(buckets)) {
    const insert = db.query.insertInto('rates').values({ owner, name, ...bucket })
    await queries.run(
      insert.onConflict((conflict) => conflict.columns(['owner', 'name']).doUpdateSet(bucket)),
    )
  }
}

interface Settlement {
  readonly id: string
  readonly owner: string
  readonly unused: { readonly name: string; readonly amount: number; readonly most: number } | undefined
}

async function settle(db: Database, { id, owner, unused }: Settlement): Promise<void> {
  const work = async (queries: Queries): Promise<void> => {
    const count = await queries.run(db.query.deleteFrom('holds').where('id', '=', id))
    if (count === 0 || unused === undefined) return
    const { name, amount, most } = unused
    const left = sql<number>`case when "left" + ${amount} > ${most} then ${most} else "left" + ${amount} end`
    const bucket = db.query.updateTable('rates').where('owner', '=', owner).where('name', '=', name)
    await queries.run(bucket.set({ left }))
  }
  await db.write('give back what was put aside', work, laneOf(owner))
}

async function renew(db: Database, holder: string): Promise<void> {
  await db.write('renew what is put aside', async (queries) => {
    const mine = db.query.updateTable('holds').where('holder', '=', holder)
    await queries.run(mine.set({ expiresAt: holdEnd(db) }))
    // Of processes long dead. A clock that jumped must not take away what its owner is about to renew.
    const old = sql<number>`${db.now} - ${sql.lit(DAY_MS)}`
    await queries.run(db.query.deleteFrom('holds').where('expiresAt', '<', old))
  })
}

function holdEnd(db: Database) {
  return sql<number>`${db.now} + ${sql.lit(HOLD_MS)}`
}
