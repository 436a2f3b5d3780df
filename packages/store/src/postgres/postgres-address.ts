import { StoreError } from '../store-error.ts'

/** Whether a text is meant to be the address of a PostgreSQL server. */
export function isPostgresUrl(text: string): boolean {
  return /^postgres(?:ql)?:/i.test(text)
}

/** The address as people may see it: without password and options. Throws `StoreError` `OPEN_FAILED`, which does not repeat it. */
export function visibleAddress(url: string): string {
  let parsed: URL
  try {
    parsed = new URL(url)
  } catch {
    const text =
      'The address of the database is no URL. Write it as postgres://USER:PASSWORD@HOST:PORT/DATABASE, with special letters of the password as %XX.'
    throw new StoreError('OPEN_FAILED', text)
  }
  const user = parsed.username === '' ? '' : `${parsed.username}@`
  return `postgres://${user}${parsed.host}${parsed.pathname}`
}
