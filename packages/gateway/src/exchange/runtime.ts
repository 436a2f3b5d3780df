import type { PluginHost } from '@agentproxy/kernel'
import type { Logger } from '@agentproxy/plugin'
import type { Store } from '@agentproxy/store'
import type { PriceBook } from '../money/price-book.ts'
import type { SpendingGuard } from '../money/spending-guard.ts'
import type { AccountBook } from '../accounts/account-book.ts'
import type { UpstreamPools } from '../relay/upstream-pools.ts'
import type { ModelDirectory } from '../routing/model-directory.ts'
import type { Aliases } from '../routing/resolve-model.ts'
import type { RoutingOptions } from '../routing/routing-options.ts'
import type { Admission } from '../server/admission.ts'
import type { GatewayLimits } from '../server/limits.ts'
import type { ResponseState } from '../state/response-state.ts'
import type { Interruption } from './interrupt.ts'
import type { RetryBudget } from './retry-budget.ts'
import type { TaskLimits } from './task-limits.ts'

/** What all exchanges of one gateway share. */
export interface GatewayRuntime {
  readonly host: PluginHost
  readonly exchanges: Pick<Store['exchanges'], 'add'> | null
  readonly prices: PriceBook
  readonly spending: SpendingGuard
  readonly log: Logger
  /** Upstreams' keys are read from here at call time. */
  readonly env: Readonly<Record<string, string | undefined>>
  readonly limits: GatewayLimits
  readonly routing: RoutingOptions
  readonly accounts: AccountBook
  readonly retries: RetryBudget
  readonly taskLimits: TaskLimits
  /** Refuse a request whose translation would drop or change something. */
  readonly strict: boolean
  readonly aliases: Aliases
  readonly directory: ModelDirectory
  /** Conversations of the Responses format; null = they are not kept. */
  readonly responses: ResponseState | null
  readonly pools: UpstreamPools
  /** A stream of this provider broke, and another call was asked for the rest. */
  readonly onContinued: (provider: string) => void
  readonly admission: Admission
  /** Every exchange whose client is still connected, by the function that interrupts it. */
  readonly open: Set<(cause: Interruption) => void>
}
