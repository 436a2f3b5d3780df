export { openStore } from './open-store.ts'
export type { StorePlace } from './open-store.ts'
export { isPostgresUrl, visibleAddress } from './postgres/postgres-address.ts'
export { StoreError } from './store-error.ts'
export type { StoreErrorCode } from './store-error.ts'
export type {
  CommandRecord,
  EvidenceRecord,
  ExchangeRecord,
  KeyLimits,
  KeyRecord,
  Lease,
  NewEvent,
  NewKey,
  NewSession,
  ResponseRecord,
  SessionEvent,
  RateBucket,
  SessionRecord,
  Spent,
  SpendingOwner,
  Standing,
  Store,
  StoreHealth,
  StoreHold,
  Taking,
  UsageBy,
  UsageQuery,
  UsageRow,
  UsageTotals,
} from './store.ts'
export { openVault } from './vault/open-vault.ts'
export type { Vault } from './vault/vault.ts'
