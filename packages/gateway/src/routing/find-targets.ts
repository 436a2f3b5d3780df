import type { IncomingHttpHeaders } from 'node:http'
import type { Snapshot } from '@agentproxy/kernel'
import type { ModelRouteRequest } from '@agentproxy/plugin'
import type { GatewayRuntime } from '../exchange/runtime.ts'
import { resolveModel, resolveRouted } from './resolve-model.ts'
import type { ResolvedModel } from './resolve-model.ts'
import { resolvePinned } from './resolve-pinned.ts'
import { ruledModel } from './rules.ts'

export interface RoutedRequest {
  readonly live: Snapshot
  /** The provider its path names, which alone may be asked; null = any. */
  readonly pinned: string | null
  /** As the `model.route` handlers see it. */
  readonly facts: ModelRouteRequest
  readonly headers: IncomingHttpHeaders
  readonly bytes: Buffer
}

/** The upstreams to try, in order: the one a plugin names, or those a rule's or else the client's name stands for. Throws `RequestRefused`. */
export async function findTargets(
  { aliases, directory, routing }: Pick<GatewayRuntime, 'aliases' | 'directory' | 'routing'>,
  { live, pinned, facts, headers, bytes }: RoutedRequest,
): Promise<readonly ResolvedModel[]> {
  const { model } = facts
  if (pinned !== null) return [await resolvePinned({ live, aliases, directory }, pinned, model)]
  const hook = live.hooks['model.route']
  const answer = hook === null ? null : await hook(facts)
  if (answer !== null) return [resolveRouted(live, answer)]
  return resolveModel({ live, aliases, directory }, ruledModel(routing.rules, { model, headers, bytes }))
}
