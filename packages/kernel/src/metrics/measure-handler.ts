import { isThenable } from '../deadline.ts'
import type { Handler } from '../snapshot/contribution.ts'
import type { CallStats } from './call-stats.ts'

/** A handler that counts and times its calls. Its failures are counted where they are reported. */
export function measureHandler(handler: Handler, stats: CallStats): Handler {
  return (payload, next) => {
    const started = performance.now()
    const end = (): void => stats.end(performance.now() - started)
    stats.begin()
    let value: unknown
    try {
      value = handler(payload, next)
    } catch (thrown) {
      end()
      throw thrown
    }
    if (isThenable(value)) value.then(end, end)
    else end()
    return value
  }
}
