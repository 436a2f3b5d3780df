export { openStore } from './open-store.ts'
export { StoreError } from './store-error.ts'
export type { StoreErrorCode } from './store-error.ts'
export type {
  EvidenceRecord,
  ExchangeRecord,
  Lease,
  NewEvent,
  NewSession,
  ResponseRecord,
  SessionEvent,
  SessionRecord,
  Store,
  UsageTotals,
} from './store.ts'
export { openVault } from './vault/open-vault.ts'
export type { Vault } from './vault/vault.ts'
