import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openStore } from '@agentproxy/store'
import type { Store } from '@agentproxy/store'
import { onTestFinished } from 'vitest'

/** A real store in a folder that goes with the test. */
export async function testStore(): Promise<Store> {
  const folder = mkdtempSync(join(tmpdir(), 'agentproxy-money-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const store = await openStore({ path: join(folder, 'agentproxy.db') })
  onTestFinished(() => store.close())
  return store
}

/** Waits until the store has that many exchanges. */
export async function recorded(
  store: Store,
  count: number,
): Promise<Awaited<ReturnType<Store['exchanges']['list']>>> {
  const deadline = Date.now() + 10_000
  for (;;) {
    const rows = await store.exchanges.list({ limit: 1000 })
    if (rows.length >= count) return rows
    if (Date.now() > deadline) throw new Error(`only ${rows.length} of ${count} were recorded`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
