import type { PluginRoute } from '@agentproxy/kernel'
import type { HookName } from '@agentproxy/plugin'
import type { Bench } from './subject.ts'
import { within } from './within.ts'

const WITHOUT_BODY: ReadonlySet<string> = new Set(['GET', 'HEAD'])

/** The hooks a plugin hears, each once. */
export function hooksOf({ recorder }: Bench): readonly HookName[] {
  return [...new Set(recorder.handlers.map(({ hook }) => hook))]
}

export function routesOf({ host, name }: Bench): readonly PluginRoute[] {
  return host.manager.live.routes.filter((route) => route.plugin === name)
}

/** A request a route should expect; `bad`: one it should not, with a body and a query of nonsense. */
export function requestFor({ method, path }: PluginRoute, bad: boolean): Request {
  const url = new URL(path.replaceAll(/:\w+/g, 'x').replace(/\*$/, 'x'), 'http://localhost')
  if (bad) url.search = '?limit=-1&limit=x&a[]=%00&since=never'
  const body = WITHOUT_BODY.has(method) ? null : bad ? '{"not json' : '{}'
  return new Request(url, {
    method,
    headers: { 'content-type': 'application/json' },
    body,
  })
}

/** Calls everything of a plugin that is called without its being asked for: hooks, routes, middleware, health. */
export async function exercise(bench: Bench, limitMs: number): Promise<void> {
  const { host, recorder } = bench
  const signal = AbortSignal.timeout(limitMs)
  const calls: (() => unknown)[] = [
    ...hooksOf(bench).map((hook) => () => host.hook(hook)),
    ...routesOf(bench).map((route) => async () => {
      const params = Object.fromEntries([...route.path.matchAll(/:(\w+)/g)].map(([, part]) => [part, 'x']))
      const response = await route.handle(requestFor(route, false), { params, signal })
      await response.body?.cancel()
    }),
    ...recorder.health.map((check) => () => check(signal)),
  ]
  if (host.manager.live.middleware !== null) calls.push(() => host.request('/'))
  for (const call of calls) {
    try {
      await within(call(), limitMs, 'late')
    } catch {
      // Whether it works is for other checks to say.
    }
  }
}
