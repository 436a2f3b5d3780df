import type {
  AgentDefinition,
  CommandDefinition,
  HookName,
  HookOptions,
  OAuthProvider,
  PluginCheck,
  ProviderDefinition,
  ReasonerDefinition,
} from '@agentproxy/plugin'
import type { HealthProbe } from '../health/health-probe.ts'
import type { Activity } from '../lifecycle/activity.ts'
import type { LayeredMiddleware } from '../routes/compile-middleware.ts'
import type { OwnRoute } from '../routes/own-route.ts'
import type { ScheduledTask } from '../tasks/scheduled-task.ts'
import type { AnyTool } from './snapshot.ts'

/** A handler as the dispatcher calls it, its kind's types left behind. `next` is given to `around` handlers only. */
export type Handler = (payload: unknown, next: () => Promise<unknown>) => unknown

/** How often one handler failed since it last succeeded. It outlives snapshots. */
export interface FailureStreak {
  failures: number
}

/** What can be added under a name, beside hooks. */
interface ContributionValues {
  readonly tool: AnyTool
  readonly provider: ProviderDefinition
  readonly agent: AgentDefinition
  readonly route: OwnRoute
  readonly middleware: LayeredMiddleware
  readonly oauth: OAuthProvider
  readonly command: CommandDefinition
  readonly check: PluginCheck
  readonly reasoner: ReasonerDefinition
  readonly task: ScheduledTask
  readonly health: HealthProbe
}

export type NamedKind = keyof ContributionValues

export interface NamedContribution<Kind extends NamedKind> {
  readonly kind: Kind
  readonly name: string
  readonly value: ContributionValues[Kind]
}

export interface HookContribution {
  readonly kind: 'hook'
  readonly name: HookName
  readonly handler: Handler
  readonly options: Required<HookOptions>
  readonly streak: FailureStreak
}

/** One thing a plugin added. */
export type Contribution = HookContribution | { [Kind in NamedKind]: NamedContribution<Kind> }[NamedKind]

/** What a plugin added under names of one kind, in the order it did. */
export function contributionsOf<Kind extends NamedKind>(
  kind: Kind,
  contributions: Iterable<Contribution>,
): readonly NamedContribution<Kind>[] {
  const all: readonly { readonly kind: string }[] = [...contributions]
  return all.filter((one): one is NamedContribution<Kind> => one.kind === kind)
}

/** Who contributes: one generation of one plugin. */
export interface Contributor {
  readonly plugin: string
  readonly generation: number
  readonly activity: Activity
  /** Aborted when it goes. */
  readonly signal: AbortSignal
  readonly contributions: Iterable<Contribution>
}
