import { Client, Pool, types as columns } from 'pg'
import type { PoolConfig } from 'pg'

const CONNECT_LIMIT_MS = 3_000
/** A query that takes longer has lost its server; migrations run without this limit. */
const QUERY_LIMIT_MS = 30_000
const CONNECTIONS = 10

const { INT8, NUMERIC } = columns.builtins

/** 64-bit counts and sums as numbers: none of ours comes near 2^53. */
const types: NonNullable<PoolConfig['types']> = {
  getTypeParser: (oid, format) =>
    oid === INT8 || oid === NUMERIC
      ? Number
      : (columns.getTypeParser(oid, format) as (text: string) => unknown),
}

const base = {
  types,
  connectionTimeoutMillis: CONNECT_LIMIT_MS,
  keepAlive: true,
  application_name: 'agentproxy',
} satisfies PoolConfig

export function createPool(url: string): Pool {
  const pool = new Pool({
    ...base,
    connectionString: url,
    max: CONNECTIONS,
    query_timeout: QUERY_LIMIT_MS,
  })
  // Whoever uses a connection that breaks is told by its query; one that is idle is replaced when it is needed.
  pool.on('error', () => {})
  pool.on('connect', (client) => client.on('error', () => {}))
  return pool
}

/** One connection without a limit of time. */
export function createPatientPool(url: string): Pool {
  const pool = new Pool({ ...base, connectionString: url, max: 1 })
  pool.on('error', () => {})
  pool.on('connect', (client) => client.on('error', () => {}))
  return pool
}

/** One connection for notifications. */
export function createListener(url: string): Client {
  return new Client({ ...base, connectionString: url })
}
