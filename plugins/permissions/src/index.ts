export { permissions, permissions as default } from './permissions.ts'
