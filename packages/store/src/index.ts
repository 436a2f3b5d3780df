export type {
  EvidenceRecord,
  ExchangeRecord,
  Lease,
  NewEvent,
  NewSession,
  SessionEvent,
  SessionRecord,
  Store,
  UsageTotals,
} from './store.ts'
