import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { PluginManager } from '@agentproxy/kernel'
import fastify from 'fastify'
import { beforeAll, expect, test } from 'vitest'
import { EventHub } from '../events/event-hub.ts'
import type { GatewayRuntime } from '../exchange/runtime.ts'
import { LocalEvents } from '../events/event-log.ts'
import { ExchangeMetrics } from '../metrics/exchange-metrics.ts'
import { PriceBook } from '../money/price-book.ts'
import { SpendingGuard } from '../money/spending-guard.ts'
import { TaskLimits } from '../exchange/task-limits.ts'
import { UpstreamPools } from '../relay/upstream-pools.ts'
import { ModelDirectory } from '../routing/model-directory.ts'
import { AccountBook } from '../accounts/account-book.ts'
import { RetryBudget } from '../exchange/retry-budget.ts'
import { routingOptions } from '../routing/routing-options.ts'
import { Admission } from '../server/admission.ts'
import { defaultLimits } from '../server/limits.ts'
import { reservedPrefixes } from '@agentproxy/plugin'
import { addRoutes } from './add-routes.ts'

interface Route {
  /** As `GET /plugins/{name}`. */
  readonly name: string
  readonly path: string
  readonly access: string
}

const routes: Route[] = []

beforeAll(async () => {
  const log = { debug() {}, info() {}, warn() {}, error() {} }
  const manager = new PluginManager({ log })
  const app = fastify({ exposeHeadRoutes: false })
  app.addHook('onRoute', ({ method, url, config }) => {
    const name = `${[method].flat().join()} ${url.replaceAll(/:(\w+)/g, '{$1}')}`
    routes.push({ name, path: url, access: config?.access ?? 'token' })
  })
  const routing = routingOptions()
  const runtime: GatewayRuntime = {
    host: manager,
    exchanges: null,
    prices: new PriceBook(),
    spending: new SpendingGuard({ prices: new PriceBook(), holds: null, keys: null, log }),
    log,
    env: {},
    limits: defaultLimits,
    routing,
    accounts: new AccountBook(routing.accounts),
    retries: new RetryBudget(routing.retries.budgetRatio),
    strict: false,
    aliases: {},
    directory: new ModelDirectory(log),
    responses: null,
    pools: new UpstreamPools(routing.timeouts),
    onContinued: () => {},
    admission: new Admission(defaultLimits),
    taskLimits: new TaskLimits(),
    open: new Set(),
  }
  const metrics = new ExchangeMetrics()
  const events = new EventHub(new LocalEvents(), { plugins: manager, worker: null })
  addRoutes(app, {
    runtime,
    health: { version: '1', check: null, store: null },
    state: { closing: false },
    plugins: manager,
    ledger: { usage: async () => [] },
    watched: { runtime, metrics, events, plugins: manager, version: '1', peers: null },
    hostRoutes: [],
  })
  await app.close()
})

test('every path of the gateway is kept from plugins', () => {
  expect(routes.length).toBeGreaterThan(15)
  const ours = routes.filter(({ path }) => path !== '/' && !path.startsWith('/:provider/'))
  const firsts = ours.map(({ path }) => `/${path.split('/')[1]}`)
  expect(firsts.filter((first) => !reservedPrefixes.includes(first))).toEqual([])
})

// The package may be tested where the repository's pages are not.
const page = fileURLToPath(new URL('../../../../docs/reference/http.md', import.meta.url))
test.skipIf(!existsSync(page))('the reference names every route with who may use it, and no other', () => {
  const rows = [...readFileSync(page, 'utf8').matchAll(/^\| `([A-Z]+ \/[^`]*)` \| (\w+) \|/gm)]
  const documented = rows.map(([, name = '', access = '']) => `${name} ${access}`)
  const served = routes.map(({ name, access }) => `${name} ${access}`)
  expect(documented.toSorted()).toEqual(served.toSorted())
})
