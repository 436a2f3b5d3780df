import type { Snapshot } from '@agentproxy/kernel'
import type { RequestPrepare, RequestReceived } from '@agentproxy/plugin'
import { failure, RequestRefused } from './failure.ts'

/** Asks the `request.received` guards about a request; throws `RequestRefused` where one blocks it. */
export async function askGuards(
  live: Snapshot,
  request: Omit<RequestReceived, 'path'> & { readonly url: string },
): Promise<void> {
  const guard = live.hooks['request.received']
  if (guard === null) return
  const { url, ...facts } = request
  const verdict = await guard({ ...facts, path: url.split('?', 1)[0] ?? url })
  if (verdict.blocked) throw blocked(verdict)
}

/** What the `request.prepare` handlers make of a request; throws `RequestRefused` where one blocks it. */
export async function askPreparers(
  live: Snapshot,
  request: RequestPrepare,
): Promise<Pick<RequestPrepare, 'headers' | 'body'>> {
  const prepare = live.hooks['request.prepare']
  if (prepare === null) return request
  const verdict = await prepare(request)
  if (verdict.blocked) throw blocked(verdict)
  return verdict.payload
}

function blocked({ plugin, reason }: { readonly plugin: string; readonly reason: string }): RequestRefused {
  const message = `Blocked by the plugin "${plugin}": ${reason}`
  return new RequestRefused(`blocked: ${reason}`, failure('permission', message))
}
