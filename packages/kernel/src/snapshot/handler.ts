import { PluginError } from '@agentproxy/plugin'
import type { HookName, PluginErrorCode } from '@agentproxy/plugin'
import { withDeadline } from '../deadline.ts'
import { textOf } from '../text-of.ts'
import type { Contributor, FailureStreak, Handler } from './contribution.ts'

/** A handler with who wrote it, ready to be called. */
export interface BoundHandler {
  readonly owner: Contributor
  readonly hook: HookName
  readonly call: Handler
  readonly timeoutMs: number
  readonly onError: 'continue' | 'block'
  readonly streak: FailureStreak
}

/** Something of a plugin went wrong while others went on. */
export interface PluginFailure {
  readonly plugin: string
  readonly generation: number
  readonly error: PluginError
  /** Of a hook handler: how often it failed since it last succeeded. */
  readonly failuresInRow?: number
}

export type Report = (failure: PluginFailure) => void

/** Waits for a handler that answered with a promise: only now is its time limit armed and the call counted as in flight. */
export async function settleHandler(handler: BoundHandler, pending: PromiseLike<unknown>): Promise<unknown> {
  handler.owner.activity.enter()
  try {
    return await withDeadline(pending, handler.timeoutMs, () => timedOut(handler))
  } finally {
    handler.owner.activity.leave()
  }
}

export function timedOut(handler: BoundHandler): PluginError {
  return failureOf(handler, 'HOOK_TIMEOUT', `took longer than ${handler.timeoutMs} ms`, undefined)
}

/** Reports what a handler threw, with plugin, hook and generation, and gives the report back. */
export function reportFailure(handler: BoundHandler, thrown: unknown, report: Report): PluginError {
  const own = PluginError.is(thrown) && thrown.hook === handler.hook
  const error = own ? thrown : failureOf(handler, 'HOOK_FAILED', `failed: ${textOf(thrown)}`, thrown)
  const { owner, streak } = handler
  streak.failures += 1
  report({
    plugin: owner.plugin,
    generation: owner.generation,
    error,
    failuresInRow: streak.failures,
  })
  return error
}

export function failureOf(
  handler: BoundHandler,
  code: PluginErrorCode,
  what: string,
  cause: unknown,
): PluginError {
  const { plugin, generation } = handler.owner
  return new PluginError(code, `plugin ${plugin} (generation ${generation}), hook ${handler.hook}: ${what}`, {
    plugin,
    hook: handler.hook,
    cause,
  })
}
