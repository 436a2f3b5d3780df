export { events, events as default } from './events.ts'
export { EventsError } from './events-error.ts'
export type { EventsErrorCode } from './events-error.ts'
