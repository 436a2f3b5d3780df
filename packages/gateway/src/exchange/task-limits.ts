import type { OutgoingHttpHeaders } from 'node:http'
import { retryAfterMs } from '@agentproxy/wire'

/** Until when the calls of each task are refused for their number, by what its last answer said. */
export class TaskLimits {
  readonly #until = new Map<string, number>()

  /** A call of the task was answered. */
  note(
    taskId: string,
    { status, headers }: { readonly status: number; readonly headers: OutgoingHttpHeaders },
  ): void {
    if (status < 400) return this.forget(taskId)
    const waitMs = status === 429 ? retryAfterMs(texts(headers)) : null
    if (waitMs !== null) this.#until.set(taskId, Date.now() + waitMs)
  }

  /** Milliseconds since 1970; null = its calls are not limited, as far as is known. */
  until(taskId: string): number | null {
    return this.#until.get(taskId) ?? null
  }

  forget(taskId: string): void {
    this.#until.delete(taskId)
  }
}

function texts(headers: OutgoingHttpHeaders): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]))
}
