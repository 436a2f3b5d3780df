export { loadOwnerToken } from './access/owner-token.ts'
export type { OwnerToken, OwnerTokenOptions } from './access/owner-token.ts'
export type { TaskToken } from './access/token-book.ts'
export { makeKey } from './access/virtual-key.ts'
export { accountsOf } from './accounts/accounts-of.ts'
export type { AccountStatus } from './accounts/account-book.ts'
export type { Quota } from './accounts/quota.ts'
export type { PluginAdmin } from './admin/plugin-admin.ts'
export { GatewayError } from './errors.ts'
export type { GatewayErrorCode } from './errors.ts'
export { PeerHub } from './peers/peer-hub.ts'
export type { FromHub, ToHub } from './peers/peer-message.ts'
export { Peers } from './peers/peers.ts'
export { parseMoment } from './money/parse-moment.ts'
export { PriceBook } from './money/price-book.ts'
export type { TaskBudget, UsedUp } from './money/spending-guard.ts'
export type { PriceOverride } from './money/price-book.ts'
export type { RecordingOptions } from './recording/open-recording.ts'
export type { Aliases } from './routing/resolve-model.ts'
export type {
  AccountStrategy,
  CommitPoint,
  RoutingSettings,
  RoutingTimeouts,
} from './routing/routing-options.ts'
export { createGateway } from './server/create-gateway.ts'
export type { Gateway, GatewayOptions } from './server/create-gateway.ts'
export { openListener } from './server/open-listener.ts'
export type { GatewayLimits } from './server/limits.ts'
