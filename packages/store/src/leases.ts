import type { Connection } from './connection.ts'
import { processIdentity } from './process-identity.ts'
import { noSuchSession } from './sessions.ts'
import { StoreError } from './store-error.ts'
import type { Lease, Store } from './store.ts'

export function createLeases(db: Connection): Store['leases'] {
  return {
    acquire: (sessionId) =>
      db.write('take a session', (): Lease => {
        const session = db.query.selectFrom('sessions').select('id').where('id', '=', sessionId)
        if (db.first(session) === undefined) throw noSuchSession(db, sessionId)
        const present = presentLease(db, sessionId)
        if (present !== undefined) refuseIfOwnerLives(present)
        const lease = { sessionId, generation: (present?.generation ?? 0) + 1, pid: process.pid }
        const row = { ...lease, processStart: processIdentity(process.pid) }
        db.run(
          db.query
            .insertInto('leases')
            .values(row)
            .onConflict((conflict) => conflict.column('sessionId').doUpdateSet(row)),
        )
        return lease
      }),

    release: (lease) =>
      db.write('give a session back', () => {
        const mine = db.query.updateTable('leases').where('sessionId', '=', lease.sessionId)
        db.run(mine.where('generation', '=', lease.generation).set({ pid: null, processStart: null }))
      }),
  }
}

/** Throws `StoreError` `LEASE_LOST` unless `lease` is the session's present one. Call it inside the write it protects. */
export function assertLeaseHeld(db: Connection, lease: Lease): void {
  const present = presentLease(db, lease.sessionId)
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
}

function presentLease(db: Connection, sessionId: string): PresentLease | undefined {
  return db.first(db.query.selectFrom('leases').selectAll().where('sessionId', '=', sessionId))
}

function refuseIfOwnerLives(lease: PresentLease): void {
  if (lease.pid === null) return
  const living = processIdentity(lease.pid)
  if (living === null || living !== lease.processStart) return
  const text = `Session "${lease.sessionId}" is being run by process ${lease.pid}. Wait for it, or stop it, then try again.`
  throw new StoreError('LEASE_HELD', text)
}
