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
  SessionRecord,
  Store,
  StoreHealth,
  UsageBy,
  UsageQuery,
  UsageRow,
  UsageTotals,
} from './store.ts'
export type { SearchHit, SearchQuery, SessionQuery } from './session-query.ts'
export type { RateBucket, Spent, SpendingOwner, Standing, StoreHold, Taking } from './spending.ts'
export { openVault } from './vault/open-vault.ts'
export type { Vault } from './vault/vault.ts'
