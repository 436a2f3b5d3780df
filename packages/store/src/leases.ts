import { sql } from 'kysely'
import type { Database, Queries } from './database.ts'
import { LeaseRenewal } from './lease-renewal.ts'
import { machineIdentity } from './machine-identity.ts'
import { processIdentity } from './process-identity.ts'
import { noSuchSession } from './no-such-session.ts'
import { sessionLane } from './session-lane.ts'
import { StoreError } from './store-error.ts'
import type { Lease, Store } from './store.ts'

/** An owner on another machine is taken for dead when it has not renewed its lease for so long. */
const LEASE_MS = 60_000

export interface Leases {
  readonly leases: Store['leases']
  close(this: void): void
}

export function createLeases(db: Database): Leases {
  const renewal = new LeaseRenewal(LEASE_MS / 4, (lease) => renew(db, lease))
  const leases: Store['leases'] = {
    acquire: async (sessionId) => {
      const acquire = async (queries: Queries): Promise<Lease> => {
        const session = db.query.selectFrom('sessions').select('id').where('id', '=', sessionId)
        if ((await queries.first(session)) === undefined) throw noSuchSession(db, sessionId)
        const present = await presentLease(db, queries, sessionId)
        if (present !== undefined) refuseIfOwnerLives(present)
        const lease = { sessionId, generation: (present?.generation ?? 0) + 1, pid: process.pid }
        const owner = { processStart: processIdentity(process.pid), host: machineIdentity() }
        const row = { ...lease, ...owner, expiresAt: leaseEnd(db) }
        await queries.run(
          db.query
            .insertInto('leases')
            .values(row)
            .onConflict((conflict) => conflict.column('sessionId').doUpdateSet(row)),
        )
        return lease
      }
      const lease = await db.write('take a session', acquire, sessionLane(sessionId))
      renewal.add(lease)
      return lease
    },

    isHeld: (sessionId) => db.read('look at a lease', (queries) => isRunning(db, queries, sessionId)),

    reconcile: () => reconcile(db),

    release: async (lease) => {
      renewal.delete(lease)
      const mine = db.query.updateTable('leases').where('sessionId', '=', lease.sessionId)
      const release = mine.where('generation', '=', lease.generation).set({ pid: null, processStart: null })
      await db.write('give a session back', (queries) => queries.run(release), sessionLane(lease.sessionId))
    },
  }
  return { leases, close: () => renewal.close() }
}

/** Throws `StoreError` `LEASE_LOST` unless `lease` is the session's present one. Call it inside the write it protects. */
export async function assertLeaseHeld(db: Database, queries: Queries, lease: Lease): Promise<void> {
  const present = await presentLease(db, queries, lease.sessionId)
  if (present?.generation === lease.generation && present.pid !== null) return
  const reason =
    present === undefined || present.generation === lease.generation
      ? 'this process has given it back'
      : `it was taken over${present.pid === null ? '' : ` by process ${present.pid}`}`
  const advice = 'Nothing was written; take the session again to go on.'
  throw new StoreError('LEASE_LOST', `Session "${lease.sessionId}" is no longer ours: ${reason}. ${advice}`)
}

interface PresentLease {
  readonly sessionId: string
  readonly generation: number
  readonly pid: number | null
  readonly processStart: string | null
  readonly host: string | null
  /** 1 = it was renewed lately. */
  readonly isRenewed: number
}

/** The columns of `PresentLease`. */
function leaseColumns(db: Database) {
  const isRenewed = sql<number>`case when leases."expiresAt" > ${db.now} then 1 else 0 end`.as('isRenewed')
  return ['leases.sessionId', 'generation', 'pid', 'processStart', 'host', isRenewed] as const
}

function presentLease(db: Database, queries: Queries, sessionId: string): Promise<PresentLease | undefined> {
  return queries.first(
    db.query.selectFrom('leases').select(leaseColumns(db)).where('leases.sessionId', '=', sessionId),
  )
}

/** Whether a living process has it. */
export async function isRunning(db: Database, queries: Queries, sessionId: string): Promise<boolean> {
  const lease = await presentLease(db, queries, sessionId)
  return lease !== undefined && ownerLives(lease)
}

async function reconcile(db: Database): Promise<readonly string[]> {
  const held = db.query.selectFrom('leases').select(leaseColumns(db)).where('pid', 'is not', null)
  const leases = await db.read('look at the leases', (queries) => queries.rows(held))
  const interrupted: string[] = []
  for (const { sessionId, generation } of leases.filter((lease) => !ownerLives(lease))) {
    const free = async (queries: Queries): Promise<boolean> => {
      const lease = db.query.updateTable('leases').where('sessionId', '=', sessionId)
      const mine = lease.where('generation', '=', generation).where('pid', 'is not', null)
      if ((await queries.run(mine.set({ pid: null, processStart: null }))) === 0) return false
      const session = db.query
        .updateTable('sessions')
        .where('id', '=', sessionId)
        .where('outcome', 'is', null)
      return (await queries.run(session.set({ state: 'interrupted', updatedAt: Date.now() }))) > 0
    }
    if (await db.write('mark an interrupted session', free, sessionLane(sessionId)))
      interrupted.push(sessionId)
  }
  return interrupted
}

/** Whether the session's owner still runs. On this machine its process is looked at, elsewhere its renewals are. */
function ownerLives({ pid, host, processStart, isRenewed }: PresentLease): boolean {
  if (pid === null) return false
  if (host !== null && host !== machineIdentity()) return isRenewed === 1
  const living = processIdentity(pid)
  return living !== null && living === processStart
}

function refuseIfOwnerLives(lease: PresentLease): void {
  if (!ownerLives(lease)) return
  const where =
    lease.host === null || lease.host === machineIdentity() ? '' : ` on ${lease.host.split(' ')[0]}`
  const text = `Session "${lease.sessionId}" is being run by process ${lease.pid}${where}. Wait for it, or stop it, then try again.`
  throw new StoreError('LEASE_HELD', text)
}

function leaseEnd(db: Database) {
  return sql<number>`${db.now} + ${sql.lit(LEASE_MS)}`
}

/** Resolves to whether it is still ours. */
async function renew(db: Database, { sessionId, generation }: Lease): Promise<boolean> {
  const mine = db.query.updateTable('leases').where('sessionId', '=', sessionId)
  const update = mine
    .where('generation', '=', generation)
    .where('pid', 'is not', null)
    .set({ expiresAt: leaseEnd(db) })
  return (await db.write('renew a lease', (queries) => queries.run(update))) > 0
}
