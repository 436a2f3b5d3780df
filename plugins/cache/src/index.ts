export { cache, cache as default } from './cache.ts'
export type { CacheService } from './cache.ts'
export { CacheError } from './cache-error.ts'
export type { CacheErrorCode } from './cache-error.ts'
