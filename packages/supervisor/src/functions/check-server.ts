import { z } from 'zod'
import { type FunctionOutcome, defineFunction } from './supervisor-function.ts'

const LIMIT_MS = 5000
const MAX_CHARACTERS = 2000
const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/

export const checkServer = defineFunction({
  name: 'check_server',
  aliases: [],
  description: 'Ask a server on this machine with GET. It is well when the status is below 400.',
  parameters: z.object({ url: z.url({ protocol: /^https?$/ }) }),
  run: ({ url }, { signal }) => probe(new URL(url), signal),
})

async function probe(url: URL, signal: AbortSignal): Promise<FunctionOutcome> {
  // Anything else would make the reasoner a way out of this machine.
  if (!LOOPBACK.test(url.hostname)) return refuse(`${url.host} is not on this machine.`)
  try {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(LIMIT_MS)])
    const response = await fetch(url, { redirect: 'manual', signal: limit })
    const body = (await response.text()).slice(0, MAX_CHARACTERS)
    return {
      ok: response.status < 400,
      result: `${url.href} answered ${response.status}\n${body}`,
      tree: null,
    }
  } catch (error) {
    signal.throwIfAborted()
    const { cause } = error as { cause?: { code?: string } }
    return refuse(`${url.href} gave no answer: ${cause?.code ?? (error as Error).message}`)
  }
}

function refuse(result: string): FunctionOutcome {
  return { ok: false, result, tree: null }
}
