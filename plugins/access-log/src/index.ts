export { accessLog, accessLog as default } from './access-log.ts'
