export { cacheResponses, cacheResponses as default } from './cache-responses.ts'
