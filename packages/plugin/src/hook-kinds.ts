import type { Block, Continue, Modify } from './outcome.ts'

/** Runs beside the path, in parallel; its result is ignored and its failure is only reported. */
export interface Observe<Payload> {
  readonly kind: 'observe'
  readonly payload: Payload
}

/** Runs in order before an action; the first block stops the action. */
export interface Guard<Payload> {
  readonly kind: 'guard'
  readonly payload: Payload
}

/** Runs in order; each handler sees what the former made of the `Fields` it may change. */
export interface Transform<Payload, Fields extends keyof Payload> {
  readonly kind: 'transform'
  readonly payload: Payload
  readonly fields: Fields
}

/** Runs in order until a handler gives an answer other than null or undefined. */
export interface First<Payload, Answer> {
  readonly kind: 'first'
  readonly payload: Payload
  readonly answer: Answer
}

/** Wraps an action: `next()` performs it, and what the handler returns is the result. */
export interface Around<Payload, Result> {
  readonly kind: 'around'
  readonly payload: Payload
  readonly result: Result
}

export type HookKind = 'observe' | 'guard' | 'transform' | 'first' | 'around'

type MaybePromise<T> = T | PromiseLike<T>

// A handler that may stay silent. `void` lets a block-bodied arrow return nothing without an explicit undefined.
// oxlint-disable-next-line typescript/no-invalid-void-type
type Silent = void | undefined

/** The function a plugin writes for one hook; its shape follows from the hook's kind. */
export type HookHandler<Hook> =
  Hook extends Observe<infer Payload>
    ? (payload: Payload) => MaybePromise<Silent>
    : Hook extends Guard<infer Payload>
      ? (payload: Payload) => MaybePromise<Silent | Continue | Block>
      : Hook extends Transform<infer Payload, infer Fields>
        ? (
            payload: Payload,
          ) => MaybePromise<Silent | Continue | Block | Modify<Partial<Pick<Payload, Fields>>>>
        : Hook extends First<infer Payload, infer Answer>
          ? (payload: Payload) => MaybePromise<Silent | Answer | null>
          : Hook extends Around<infer Payload, infer Result>
            ? (payload: Payload, next: () => Promise<Result>) => MaybePromise<Result>
            : never

export interface HookOptions {
  /** `pre` handlers run first, `post` last; within one group dependency order, then load order. Default `normal`. */
  readonly order?: 'pre' | 'normal' | 'post'
  /** Milliseconds a pending handler may take; then it counts as failed. Default 5000. */
  readonly timeoutMs?: number
  /** What a throw or a timeout means: go on without this handler, or block. Default `continue`. */
  readonly onError?: 'continue' | 'block'
  /** `request.prepare` only: ask for the parsed body. Unasked bodies are never parsed. Default false. */
  readonly needsBody?: boolean
  /** `upstream.call` only: keep the upstream's answer as it comes, for what `next()` gives. Unasked answers are never kept. Default false. */
  readonly needsAnswer?: boolean
}
