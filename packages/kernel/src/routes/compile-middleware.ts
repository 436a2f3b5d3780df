import { middlewareLayers, PluginError } from '@agentproxy/plugin'
import type { Middleware, MiddlewareLayer } from '@agentproxy/plugin'
import { contributionsOf } from '../snapshot/contribution.ts'
import type { Contributor } from '../snapshot/contribution.ts'
import type { Report } from '../snapshot/handler.ts'
import { textOf } from '../text-of.ts'

/** Sends a request through all middleware; `serve` answers it in the end. */
export type MiddlewareRunner = (
  request: Request,
  serve: (request: Request) => Promise<Response>,
) => Promise<Response>

/** Milliseconds a middleware may take for itself, before `next` and after it; what `next` takes does not count. */
const LIMIT_MS = 10_000

export interface LayeredMiddleware {
  readonly layer: MiddlewareLayer
  readonly middleware: Middleware
}

interface BoundMiddleware {
  readonly owner: Contributor
  readonly layer: number
  readonly call: Middleware
}

/** One function of all middleware, outermost layer first; null = there is none. */
export function compileMiddleware(
  contributors: readonly Contributor[],
  report: Report,
): MiddlewareRunner | null {
  const all: BoundMiddleware[] = contributors.flatMap((owner) =>
    contributionsOf('middleware', owner.contributions).map(({ value: { layer, middleware } }) => ({
      owner,
      layer: middlewareLayers[layer],
      call: middleware,
    })),
  )
  if (all.length === 0) return null
  return all
    .sort((a, b) => a.layer - b.layer)
    .reduceRight<MiddlewareRunner>(
      (inner, one) => (request, serve) => run({ one, report }, request, (changed) => inner(changed, serve)),
      (request, serve) => serve(request),
    )
}

interface Step {
  readonly one: BoundMiddleware
  readonly report: Report
}

async function run(
  { one: { owner, call }, report }: Step,
  request: Request,
  inner: (request: Request) => Promise<Response>,
): Promise<Response> {
  const { plugin, generation, activity } = owner
  const clock = new OwnTime()
  const passedOn: unknown[] = []
  activity.enter()
  try {
    const next = async (changed?: Request): Promise<Response> => {
      clock.pause()
      try {
        return await inner(changed ?? request)
      } catch (thrown) {
        passedOn.push(thrown)
        throw thrown
      } finally {
        clock.resume()
      }
    }
    const response: unknown = await Promise.race([call(request, next), clock.over])
    if (response instanceof Response) return response
    throw new TypeError('it returned no Response')
  } catch (thrown) {
    // What an inner one failed with is that one's.
    if (passedOn.includes(thrown)) throw thrown
    const message = `plugin ${plugin} (generation ${generation}), middleware: ${textOf(thrown)}`
    const error = new PluginError('MIDDLEWARE_FAILED', message, { plugin, cause: thrown })
    report({ plugin, generation, error })
    throw error
  } finally {
    clock.end()
    activity.leave()
  }
}

/** A time limit that runs only while nothing is waited for. */
class OwnTime {
  readonly over: Promise<never>
  #timer: NodeJS.Timeout | undefined
  #reject: (reason: Error) => void = () => {}
  #ended = false
  #waiting = 0

  constructor() {
    this.over = new Promise((_resolve, reject) => (this.#reject = reject))
    this.over.catch(() => {})
    this.#run()
  }

  /** Something is waited for. */
  pause(): void {
    this.#waiting += 1
    clearTimeout(this.#timer)
  }

  /** One thing less is. */
  resume(): void {
    this.#waiting -= 1
    if (this.#waiting === 0 && !this.#ended) this.#run()
  }

  #run(): void {
    clearTimeout(this.#timer)
    const late = (): void =>
      this.#reject(new Error(`took longer than ${LIMIT_MS} ms beside what it waits for`))
    this.#timer = setTimeout(late, LIMIT_MS)
  }

  end(): void {
    this.#ended = true
    clearTimeout(this.#timer)
  }
}
