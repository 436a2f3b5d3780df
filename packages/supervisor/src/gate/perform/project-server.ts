import { setTimeout as sleep } from 'node:timers/promises'
import { startChild } from '../../process/child.ts'
import { type CheckOutcome, notRun } from '../check-outcome.ts'
import type { Surroundings } from './surroundings.ts'

const POLL_MS = 100
const PROBE_MS = 2000

export interface Served {
  readonly url: string
  /** Starts the server; null = it runs already. */
  readonly start: string | null
}

/**
 * Starts the project's own server, waits until the URL answers anything, acts, and ends the server with everything it
 * started. A server that was there before would prove something else, so then nothing is started.
 */
export async function withServer(
  { url, start }: Served,
  around: Surroundings,
  act: (remainingMs: number) => Promise<CheckOutcome>,
): Promise<CheckOutcome> {
  if (start === null) return act(around.limitMs)
  if (await answers(url, around.signal))
    return notRun(
      'error',
      `something answers at ${url} already, so \`${start}\` was not started. End it first.`,
      start,
    )
  const serverFile = `${around.outputFile}.server`
  const deadline = performance.now() + around.limitMs
  const child = startChild({
    command: '/bin/sh',
    args: ['-c', start],
    cwd: around.dir,
    env: around.env,
    marker: await around.announce(`server ${start}`),
    stdin: 'closed',
    stdoutFile: serverFile,
    stderrFile: serverFile,
    idleMs: null,
    timeoutMs: null,
    graceMs: around.graceMs,
    onOutput() {},
  })
  try {
    let ended: string | null = null
    void child.exit.then(({ code, signal }) => (ended = signal ?? `exit code ${code}`))
    while (!(await answers(url, around.signal))) {
      if (ended !== null)
        return failed(`the server \`${start}\` ended (${ended as string}) before ${url} answered`, serverFile)
      if (around.signal.aborted || performance.now() >= deadline)
        return failed(
          `${url} did not answer within ${around.limitMs} ms of starting \`${start}\``,
          serverFile,
        )
      await sleep(POLL_MS)
    }
    const outcome = await act(Math.max(1, deadline - performance.now()))
    return {
      ...outcome,
      artifacts: [...(outcome.artifacts ?? []), { name: 'server output', file: serverFile }],
    }
  } finally {
    await child.stop(around.graceMs)
  }
}

function failed(reason: string, serverFile: string): CheckOutcome {
  return { ...notRun('error', reason, null), artifacts: [{ name: 'server output', file: serverFile }] }
}

/** Whether anything speaks HTTP there; which status does not matter. */
async function answers(url: string, signal: AbortSignal): Promise<boolean> {
  try {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(PROBE_MS)])
    const response = await fetch(url, { redirect: 'manual', signal: limit })
    await response.body?.cancel()
    return true
  } catch {
    return false
  }
}
