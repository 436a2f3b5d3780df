import { fail, skip } from '../contract/check.ts'
import type { Rule } from '../contract/check.ts'
import { requestFor, routesOf } from '../contract/exercise.ts'
import { messageOf } from '../contract/message-of.ts'
import type { Subject } from '../contract/subject.ts'
import { within } from '../contract/within.ts'

export const routeRules: readonly Rule<Subject>[] = [
  {
    id: 'routes.answer',
    title: 'every route answers a plain request and a broken one, in time',
    async run(subject) {
      await using bench = await subject.open()
      const routes = routesOf(bench)
      if (routes.length === 0) skip('it has no routes')
      for (const route of routes) {
        const params = Object.fromEntries([...route.path.matchAll(/:(\w+)/g)].map(([, part]) => [part, 'x']))
        for (const bad of [false, true]) {
          const what = `its route ${route.method} ${route.path}, given a ${bad ? 'broken' : 'plain'} request,`
          const controller = new AbortController()
          const answer = Promise.resolve(
            route.handle(requestFor(route, bad), { params, signal: controller.signal }),
          )
          const late = `${what} did not answer within ${subject.limitMs} ms`
          const response = await within(answer, subject.limitMs, late).catch((thrown: unknown) => {
            controller.abort()
            return fail(`${what} failed: ${messageOf(thrown)}`, thrown)
          })
          await response.body?.cancel()
        }
      }
    },
  },
  {
    id: 'middleware.answer',
    title: 'its middleware lets a request through, or answers it, in time',
    async run(subject) {
      await using bench = await subject.open()
      if (bench.info.middleware.length === 0) skip('it has no middleware')
      const { middleware } = bench.host.manager.live
      for (const method of ['GET', 'POST']) {
        const request = new Request('http://localhost/v1/models', {
          method,
          body: method === 'POST' ? '{"not json' : null,
        })
        const answer = middleware?.(request, async () => Response.json({ data: [] }))
        const late = `its middleware did not answer within ${subject.limitMs} ms`
        await within(answer, subject.limitMs, late)
      }
    },
  },
]
