import { availableParallelism } from 'node:os'

/** More processes than these only get into each other's way. */
export const MOST_WORKERS = 128

/** `auto` = one for each processor. */
export function countWorkers(setting: number | 'auto'): number {
  return setting === 'auto' ? Math.min(MOST_WORKERS, availableParallelism()) : setting
}
