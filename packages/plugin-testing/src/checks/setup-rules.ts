import { PluginError } from '@agentproxy/plugin'
import type { HealthResult } from '@agentproxy/plugin'
import { fail, skip } from '../contract/check.ts'
import type { Rule } from '../contract/check.ts'
import { messageOf } from '../contract/message-of.ts'
import type { Subject } from '../contract/subject.ts'
import { within } from '../contract/within.ts'

const NAME = /^[a-z0-9][a-z0-9-]{0,63}$/

function hint(thrown: unknown, { options }: Subject): string {
  if (!PluginError.is(thrown)) return ''
  if (thrown.code === 'DEPENDENCY_MISSING') return '; give what it depends on as `plugins`'
  if (thrown.code === 'CONFIG_INVALID' && options.config === undefined)
    return '; give a configuration that works as `config`'
  return ''
}

/** Asks for its health; rejects with what is wrong with the answer. */
async function askHealth(ask: () => unknown, limitMs: number): Promise<void> {
  const answer = await within(ask(), limitMs, `its health check took longer than ${limitMs} ms`)
  const status = (answer as HealthResult | null | undefined)?.status
  if (status !== 'pass' && status !== 'warn' && status !== 'fail')
    fail(`its health check gave the status ${JSON.stringify(status)}; it must be 'pass', 'warn' or 'fail'`)
}

export const setupRules: readonly Rule<Subject>[] = [
  {
    id: 'dependencies.missing',
    title: 'without a plugin it depends on it is refused, by the name of that plugin',
    async run(subject) {
      const definition = await subject.definition()
      const names = (definition.dependencies ?? []).map((one) => (typeof one === 'string' ? one : one?.name))
      if (names.length === 0) skip('it depends on no plugin')
      for (const name of names) {
        if (typeof name !== 'string' || !NAME.test(name))
          fail(`the dependency ${JSON.stringify(name)} is no plugin's name`)
        if (name === definition.name) fail('it depends on itself; take it out of its dependencies')
      }
      const refusal = await subject.start({ alone: true }).then(
        async (bench) => bench[Symbol.asyncDispose](),
        (thrown: unknown) => thrown,
      )
      if (!PluginError.is(refusal) || refusal.code !== 'DEPENDENCY_MISSING')
        fail(`alone it is not refused for want of ${names.join(', ')}, but: ${messageOf(refusal)}`, refusal)
      if (!names.some((name) => refusal.message.includes(name)))
        fail(`the refusal names none: ${refusal.message}`)
    },
  },
  {
    id: 'setup.deadline',
    title: 'it is set up in time',
    async run(subject) {
      const [first] = await subject.trials()
      if (first !== undefined) fail(messageOf(first) + hint(first, subject), first)
    },
  },
  {
    id: 'setup.twice',
    title: 'it can be set up again in one process, and beside itself',
    async run(subject) {
      const [first, second] = await subject.trials()
      if (first !== undefined) skip('it cannot be set up once; see setup.deadline')
      if (second !== undefined) fail(`its second setup failed: ${messageOf(second)}`, second)
      const both = await Promise.allSettled([subject.start(), subject.start()])
      for (const one of both) if (one.status === 'fulfilled') await one.value[Symbol.asyncDispose]()
      for (const one of both)
        if (one.status === 'rejected')
          fail(`beside itself its setup failed: ${messageOf(one.reason)}`, one.reason)
    },
  },
  {
    id: 'health.status',
    title: 'it says how it is in time, and stops when it is told to',
    async run(subject) {
      await using bench = await subject.open()
      const [check] = bench.recorder.health
      if (check === undefined) skip('it has no health check')
      await askHealth(() => check(new AbortController().signal), subject.limitMs)
      const controller = new AbortController()
      const settled = Promise.resolve(check(controller.signal)).then(
        () => null,
        () => null,
      )
      controller.abort()
      const late = `its health check did not end within ${subject.limitMs} ms of its signal's abort`
      await within(settled, subject.limitMs, late)
    },
  },
]
