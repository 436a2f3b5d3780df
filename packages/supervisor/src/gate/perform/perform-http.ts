import { mkdir, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { HttpCheckSpec } from '@agentproxy/plugin'
import { type CheckOutcome, decided, tailOf } from '../check-outcome.ts'
import { withServer } from './project-server.ts'
import type { Surroundings } from './surroundings.ts'

const MAX_BODY_BYTES = 4 * 1024 * 1024

/** Sends the request, to the project's own server where the check starts one, and judges the answer. */
export function performHttp(check: HttpCheckSpec, around: Surroundings): Promise<CheckOutcome> {
  return withServer(check, around, (remainingMs) => request(check, around, remainingMs))
}

async function request(
  check: HttpCheckSpec,
  around: Surroundings,
  remainingMs: number,
): Promise<CheckOutcome> {
  const { url, method } = check
  const startedAt = performance.now()
  try {
    const signal = AbortSignal.any([around.signal, AbortSignal.timeout(Math.ceil(remainingMs))])
    // A redirect is an answer: whoever wants its target names it.
    const response = await fetch(url, { method, redirect: 'manual', signal })
    const body = await startOf(response)
    const output = `HTTP ${response.status}\n${headerLines(response)}\n\n${body}`
    return {
      ...decided(...verdictOf(check, response.status, body)),
      outputTail: tailOf(output),
      outputFile: await keep(around.outputFile, output),
      durationMs: Math.round(performance.now() - startedAt),
    }
  } catch (error) {
    const late = error instanceof Error && error.name === 'TimeoutError'
    const why = late
      ? `did not answer within ${around.limitMs} ms`
      : `could not be reached: ${causeOf(error)}`
    return { ...decided('error', `${url} ${why}`), durationMs: Math.round(performance.now() - startedAt) }
  }
}

function verdictOf(check: HttpCheckSpec, status: number, body: string): ['pass' | 'fail', string] {
  const { url, contains } = check
  const wanted = check.status.length === 0 ? status >= 200 && status < 300 : check.status.includes(status)
  if (!wanted)
    return [
      'fail',
      `${url} answered ${status}, not ${check.status.length === 0 ? '2xx' : check.status.join(' or ')}`,
    ]
  if (contains !== null && !body.includes(contains))
    return ['fail', `${url} answered ${status}, without ${JSON.stringify(contains)} in its body`]
  return ['pass', `${url} answered ${status}`]
}

async function startOf(response: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of response.body ?? []) {
    chunks.push(chunk as Uint8Array)
    bytes += (chunk as Uint8Array).length
    if (bytes >= MAX_BODY_BYTES) break
  }
  return Buffer.concat(chunks).toString('utf8')
}

function headerLines(response: Response): string {
  return [...response.headers].map(([name, value]) => `${name}: ${value}`).join('\n')
}

async function keep(file: string, output: string): Promise<string> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 })
  await writeFile(file, output, { mode: 0o600 })
  return file
}

// fetch hides what happened in the cause.
function causeOf(error: unknown): string {
  const { cause } = error as { cause?: { code?: string; message?: string } }
  return cause?.code ?? cause?.message ?? String(error)
}
