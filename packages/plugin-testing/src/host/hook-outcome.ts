import { block, hookKinds, ok } from '@agentproxy/plugin'
import type {
  Around,
  Block,
  Continue,
  First,
  Guard,
  HookName,
  Hooks,
  Observe,
  Transform,
} from '@agentproxy/plugin'
import type { Snapshot } from '@agentproxy/kernel'
import { sampleUpstreamResult } from './sample-payloads.ts'
import type { PayloadOf } from './sample-payloads.ts'

/**
 * What all handlers of a hook said together. observe: nothing. guard: `ok()` or `block(reason)`. transform: the payload
 * after all of them, or `block(reason)`. first: the answer, or null. around: the result.
 */
export type HookOutcome<Hook> =
  Hook extends Observe<infer _Payload>
    ? undefined
    : Hook extends Guard<infer _Payload>
      ? Continue | Block
      : Hook extends Transform<infer Payload, infer _Fields>
        ? Payload | Block
        : Hook extends First<infer _Payload, infer Answer>
          ? Answer | null
          : Hook extends Around<infer _Payload, infer Result>
            ? Result
            : never

/** The action an around hook wraps. */
export type NextOf<Hook> = Hook extends Around<infer _Payload, infer Result> ? () => Promise<Result> : never

export interface HookCall<Name extends HookName> {
  readonly name: Name
  readonly payload: PayloadOf<Name>
  /** Of an around hook. Default: a sample result. */
  readonly next?: NextOf<Hooks[Name]> | undefined
}

type AnyRunner = (payload: unknown, next: () => Promise<unknown>) => unknown
type AnyVerdict =
  | { readonly blocked: true; readonly reason: string }
  | { readonly blocked: false; readonly payload?: unknown }

/** Runs a hook of these tables and waits for all its handlers, observers too. */
export async function runHook<Name extends HookName>(
  { hooks }: Snapshot,
  { name, payload, next }: HookCall<Name>,
): Promise<HookOutcome<Hooks[Name]>> {
  const runner = hooks[name] as AnyRunner | null
  const action = next ?? (async () => sampleUpstreamResult)
  const outcome = await outcomeOf(name, payload, (given) => runner?.(given, action) ?? null, action)
  return outcome as HookOutcome<Hooks[Name]>
}

async function outcomeOf(
  name: HookName,
  payload: unknown,
  run: (payload: unknown) => unknown,
  action: () => Promise<unknown>,
): Promise<unknown> {
  const kind = hookKinds[name]
  const result = await run(payload)
  switch (kind) {
    case 'observe':
      return undefined
    case 'first':
      return result
    case 'around':
      return result ?? action()
    case 'guard':
    case 'transform': {
      const verdict = (result ?? { blocked: false, payload }) as AnyVerdict
      if (verdict.blocked) return block(verdict.reason)
      return kind === 'guard' ? ok() : verdict.payload
    }
  }
}
