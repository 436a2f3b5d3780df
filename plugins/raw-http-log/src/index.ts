export { rawHttpLog, rawHttpLog as default } from './raw-http-log.ts'
