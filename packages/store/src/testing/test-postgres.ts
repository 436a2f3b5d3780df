import { randomBytes } from 'node:crypto'
import { createConnection } from 'node:net'
import { text } from 'node:stream/consumers'
import { Client } from 'pg'
import { inject, onTestFinished } from 'vitest'

export const NO_POSTGRES = 'PostgreSQL is not installed (Debian: apt-get install postgresql)'

export function hasPostgres(): boolean {
  return inject('postgres') !== null
}

/** The address of a database of its own, which goes with the test. */
export async function tempPostgres(): Promise<string> {
  const server = await serverAddress()
  const name = `t_${randomBytes(8).toString('hex')}`
  await ask(server, `create database ${name}`)
  onTestFinished(async () => {
    await ask(server, `drop database ${name} with (force)`)
  })
  const address = new URL(server)
  address.pathname = name
  return address.href
}

/** Runs a statement as somebody else would, and resolves to its rows. */
export async function ask(url: string, statement: string): Promise<readonly unknown[]> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(statement)).rows
  } finally {
    await client.end()
  }
}

let address: Promise<string> | null = null

function serverAddress(): Promise<string> {
  address ??= askForAddress()
  return address
}

async function askForAddress(): Promise<string> {
  const door = inject('postgres')
  if (door === null) throw new Error(NO_POSTGRES)
  const said = JSON.parse(await text(createConnection(door))) as { url?: string; error?: string }
  if (said.url === undefined) throw new Error(said.error)
  return said.url
}
