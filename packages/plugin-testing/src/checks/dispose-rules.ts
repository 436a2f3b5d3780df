import { fail, skip } from '../contract/check.ts'
import type { Rule } from '../contract/check.ts'
import { exercise } from '../contract/exercise.ts'
import { messageOf } from '../contract/message-of.ts'
import { HandleWatch } from '../contract/open-handles.ts'
import { Recorder } from '../contract/recorder.ts'
import { failuresOf } from '../contract/subject.ts'
import type { Subject } from '../contract/subject.ts'
import { within } from '../contract/within.ts'

/** Milliseconds a closing handle may need at most. */
const GRACE_MS = 1000

function listenerCounts(): ReadonlyMap<string | symbol, number> {
  return new Map(process.eventNames().map((event) => [event, process.listenerCount(event)]))
}

export const disposeRules: readonly Rule<Subject>[] = [
  {
    id: 'dispose.handles',
    title: 'once it is unloaded it leaves no timer, socket, child process, watcher or process listener',
    async run(subject) {
      using watch = new HandleWatch()
      const before = listenerCounts()
      const bench = await subject.open({ recorder: new Recorder((work) => watch.run(work)) })
      await exercise(bench, subject.limitMs)
      await bench.host.manager.unloadPlugin(bench.name)
      const left = await watch.left(Math.min(GRACE_MS, subject.limitMs))
      await bench[Symbol.asyncDispose]()
      const [handle] = left
      if (handle !== undefined)
        fail(
          `it leaves ${handle.what} opened at ${handle.where}${left.length > 1 ? `, and ${left.length - 1} more` : ''}; end it in ctx.onDispose, or use ctx.task`,
        )
      for (const [event, count] of listenerCounts())
        if (count > (before.get(event) ?? 0))
          fail(`it leaves a listener of the process event ${String(event)}; remove it in ctx.onDispose`)
    },
  },
  {
    id: 'dispose.clean',
    title: 'its clean-up does not fail',
    async run(subject) {
      await using bench = await subject.open()
      await bench.host.manager.unloadPlugin(bench.name)
      const failure = failuresOf(bench).find(({ error }) => error.code === 'DISPOSE_FAILED')
      if (failure !== undefined) fail(failure.error.message, failure.error)
    },
  },
  {
    id: 'dispose.idempotent',
    title: 'its clean-up, run once more, does nothing',
    async run(subject) {
      await using bench = await subject.open()
      await bench.host.manager.unloadPlugin(bench.name)
      if (failuresOf(bench).length > 0) skip('its clean-up fails the first time; see dispose.clean')
      for (const dispose of bench.recorder.disposers.toReversed()) {
        try {
          await within(dispose(), subject.limitMs, `it took longer than ${subject.limitMs} ms`)
        } catch (thrown) {
          fail(`its clean-up, run a second time, failed: ${messageOf(thrown)}`, thrown)
        }
      }
    },
  },
  {
    id: 'dispose.contributions',
    title: 'once it is unloaded nothing of it serves, and it asks the host for nothing more',
    async run(subject) {
      await using bench = await subject.open()
      const { host, name, recorder } = bench
      await exercise(bench, subject.limitMs)
      await host.manager.unloadPlugin(name)
      // What it does of its own accord afterwards would show in a moment.
      await new Promise((resolve) => setTimeout(resolve, 20))
      const [late] = recorder.afterEnd
      if (late !== undefined) fail(`it calls ${late} after its end; stop on ctx.signal`)
      const { live } = host.manager
      const tables = [
        live.tools,
        live.providers,
        live.agents,
        live.oauth,
        live.commands,
        live.checks,
        live.reasoners,
      ]
      const serves = [...tables.flatMap((table) => [...table.values()]), ...live.routes]
      if (serves.some(({ plugin }) => plugin === name)) fail('something of it still serves')
    },
  },
]
