import type { Exchange } from './exchange.ts'

const FIRST_MS = 250
const LONGEST_MS = 8_000

/** The pause before the `count`th repeat, counted from 1: half of it certain, half by chance, so that clients do not return as one. */
export function backOffMs(count: number, chance: number = Math.random()): number {
  const most = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(count - 1, 10))
  return Math.round(most / 2 + (most / 2) * chance)
}

/** Waits, but not longer than the exchange lives. */
export function pause(exchange: Exchange, ms: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms)
    exchange.onEnd(() => {
      clearTimeout(timer)
      resolve()
    })
  })
}
