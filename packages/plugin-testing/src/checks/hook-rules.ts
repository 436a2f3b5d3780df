import { isDeepStrictEqual } from 'node:util'
import type { HookName } from '@agentproxy/plugin'
import { fail, skip } from '../contract/check.ts'
import type { Rule } from '../contract/check.ts'
import { escapesOf } from '../contract/escapes.ts'
import { hooksOf } from '../contract/exercise.ts'
import { messageOf } from '../contract/message-of.ts'
import type { RecordedHandler } from '../contract/recorder.ts'
import { failuresOf } from '../contract/subject.ts'
import type { Bench, Subject } from '../contract/subject.ts'
import { within } from '../contract/within.ts'
import { samplePayload, sampleUpstreamResult } from '../host/sample-payloads.ts'

function heard(bench: Bench): readonly HookName[] {
  const hooks = hooksOf(bench)
  return hooks.length === 0 ? skip('it has no hook handlers') : hooks
}

/** A payload of the right fields with nothing sensible in them: what no host sends, and no handler may fall over. */
function hostilePayload(hook: HookName): Record<string, unknown> {
  return Object.fromEntries(Object.keys(samplePayload(hook)).map((field) => [field, null]))
}

/** Calls a handler by itself. That it fails is for others to find: only that it ends counts, or that it does not. */
async function settle({ call }: RecordedHandler, payload: unknown): Promise<void> {
  try {
    await call(payload, async () => sampleUpstreamResult)
  } catch {
    // It ended.
  }
}

function limitOf({ timeoutMs }: RecordedHandler, { limitMs }: Subject): number {
  return Math.min(timeoutMs, limitMs)
}

export const hookRules: readonly Rule<Subject>[] = [
  {
    id: 'hooks.answer',
    title:
      'every handler answers what its hook sends, in a form the host takes, and changes no payload in place',
    async run(subject) {
      await using bench = await subject.open()
      for (const hook of heard(bench)) {
        await within(bench.host.hook(hook), subject.limitMs, 'late').catch(() => null)
        const failure = failuresOf(bench).find(({ error }) => error.code === 'HOOK_FAILED')
        if (failure !== undefined) fail(failure.error.message, failure.error)
      }
      for (const handler of bench.recorder.handlers) {
        const { hook } = handler
        const payload = samplePayload(hook)
        await within(settle(handler, payload), limitOf(handler, subject), 'late').catch(() => null)
        if (!isDeepStrictEqual(payload, samplePayload(hook)))
          fail(`its handler of ${hook} changes the payload in place; return modify({ ... }) instead`)
      }
    },
  },
  {
    id: 'hooks.throw',
    title: 'whatever a handler does with a broken payload stays in the handler',
    async run(subject) {
      await using bench = await subject.open()
      for (const hook of heard(bench)) {
        const escaped = await escapesOf(async () => {
          const pending = bench.host.hook(hook, hostilePayload(hook))
          await within(pending, subject.limitMs, 'late').catch(() => null)
        })
        if (escaped.length > 0)
          fail(
            `its handler of ${hook} let a failure go by itself, which ends a process: ${messageOf(escaped[0])}; await or catch it`,
            escaped[0],
          )
      }
    },
  },
  {
    id: 'hooks.hang',
    title: 'every handler ends within its own time limit, and that of the contract',
    async run(subject) {
      await using bench = await subject.open()
      heard(bench)
      for (const handler of bench.recorder.handlers) {
        const ms = limitOf(handler, subject)
        const late = `its handler of ${handler.hook} took longer than ${ms} ms over a sample payload`
        await within(settle(handler, samplePayload(handler.hook)), ms, late)
      }
    },
  },
]
