import type { AgentDefinition, HookName, HookOptions, ProviderDefinition } from '@agentproxy/plugin'
import type { HealthProbe } from '../health/health-probe.ts'
import type { Activity } from '../lifecycle/activity.ts'
import type { IntervalTask } from '../tasks/interval-task.ts'
import type { AnyTool } from './snapshot.ts'

/** A handler as the dispatcher calls it, its kind's types left behind. `next` is given to `around` handlers only. */
export type Handler = (payload: unknown, next: () => Promise<unknown>) => unknown

/** How often one handler failed since it last succeeded. It outlives snapshots. */
export interface FailureStreak {
  failures: number
}

/** One thing a plugin added. */
export type Contribution =
  | {
      readonly kind: 'hook'
      readonly name: HookName
      readonly handler: Handler
      readonly options: Required<HookOptions>
      readonly streak: FailureStreak
    }
  | { readonly kind: 'tool'; readonly name: string; readonly value: AnyTool }
  | { readonly kind: 'provider'; readonly name: string; readonly value: ProviderDefinition }
  | { readonly kind: 'agent'; readonly name: string; readonly value: AgentDefinition }
  | { readonly kind: 'task'; readonly name: string; readonly value: IntervalTask }
  | { readonly kind: 'health'; readonly name: string; readonly value: HealthProbe }

/** Who contributes: one generation of one plugin. */
export interface Contributor {
  readonly plugin: string
  readonly generation: number
  readonly activity: Activity
  readonly contributions: Iterable<Contribution>
}
