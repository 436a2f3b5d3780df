import { definePlugin, hookKinds } from '@agentproxy/plugin'
import type { HookName, Hooks, Observe, PluginContext } from '@agentproxy/plugin'
import { z } from 'zod'
import { aggregate } from './aggregate.ts'
import { config } from './config.ts'
import { EventRing } from './event-ring.ts'
import type { SeenEvent } from './event-ring.ts'
import { eventFilter, matchEvent } from './match-event.ts'
import { Subscriptions } from './subscriptions.ts'

type ObserveHook = { [Name in HookName]: Hooks[Name] extends Observe<infer _P> ? Name : never }[HookName]

const BUS_EVENTS = ['session.created', 'session.closed', 'tool.executed'] as const
const OBSERVED = (Object.keys(hookKinds) as HookName[]).filter(
  (name): name is ObserveHook => hookKinds[name] === 'observe',
)

/** Remembers the latest events of the host and of plugins, and finds them again. */
export const events = definePlugin({
  name: 'events',
  version: '0.1.0',
  description: 'What happened lately, to be listed and searched',
  // The gateway keeps /events for itself.
  prefix: '/event-log',
  config,
  setup(ctx) {
    const ring = new EventRing(ctx.config)
    const subscriptions = new Subscriptions(ring)
    for (const name of OBSERVED) ctx.hook(name, (payload: unknown) => ring.add('hook', name, payload))
    for (const name of new Set([...BUS_EVENTS, ...ctx.config.names]))
      ctx.events.on(name, (payload: unknown) => {
        // Who reads the events must not make one by it, and so wake itself for ever.
        if (name !== 'tool.executed' || !isOwnTool(payload)) ring.add('bus', name, payload)
      })
    addReadingTools(ctx, ring)
    addSubscriptionTools(ctx, subscriptions)
    ctx.tool('events.stats', {
      description: 'How many events are remembered, by name',
      parameters: z.strictObject({}),
      execute: () => ({ ...figuresOf(ring), subscriptions: subscriptions.size }),
    })
    ctx.health(() => ({ status: 'pass', details: { events: ring.size, forgotten: ring.dropped } }))
  },
})

function isOwnTool(payload: unknown): boolean {
  return typeof payload === 'object' && payload !== null && 'plugin' in payload && payload.plugin === 'events'
}

const limit = z.int().min(1).max(1000).default(100)

function addReadingTools(ctx: Pick<PluginContext, 'tool'>, ring: EventRing): void {
  ctx.tool('events.list', {
    description: 'The latest events, newest first',
    parameters: z.strictObject({ limit }),
    execute: (given) => latest(ring, given.limit, () => true),
  })
  ctx.tool('events.search', {
    description: 'The latest events whose name or payload holds a text, newest first',
    parameters: z.strictObject({ text: z.string().min(1).max(1000), limit }),
    execute(given) {
      const text = given.text.toLowerCase()
      return latest(ring, given.limit, ({ name, payload }) =>
        `${name}\n${JSON.stringify(payload)}`.toLowerCase().includes(text),
      )
    },
  })
  ctx.tool('events.filter', {
    description: 'The latest events of given names, times and values, newest first',
    parameters: eventFilter.extend({ limit }),
    execute: ({ limit: most, ...filter }) => latest(ring, most, (event) => matchEvent(event, filter)),
  })
  ctx.tool('events.aggregate', {
    description: 'Counts events, or measures a number in them, by group and time',
    parameters: z
      .strictObject({
        by: z.string().min(1).default('name').describe('name, source, or a path in the payload'),
        bucketMs: z.int().min(1).nullable().default(null).describe('milliseconds of one time bucket'),
        metric: z.enum(['count', 'sum', 'avg', 'min', 'max']).default('count'),
        field: z.string().min(1).nullable().default(null).describe('path of the number that is measured'),
        filter: eventFilter.default({}),
      })
      .refine(({ metric, field }) => metric === 'count' || field !== null, {
        path: ['field'],
        message: 'must be given for this metric',
      }),
    execute({ filter, ...options }) {
      const matching = [...ring.after(0)].filter((event) => matchEvent(event, filter))
      return { groups: aggregate(matching, options) }
    },
  })
}

function addSubscriptionTools(ctx: Pick<PluginContext, 'tool'>, subscriptions: Subscriptions): void {
  ctx.tool('events.subscribe', {
    description: 'Events from a cursor on: begins a subscription, or with its id goes on with it',
    parameters: z.strictObject({
      subscription: z.string().optional().describe('of an earlier answer; absent begins a new one'),
      cursor: z.int().min(0).optional().describe('begin after this one; a new one begins now'),
      filter: eventFilter.default({}).describe('of a new subscription'),
      limit,
      waitMs: z.int().min(0).max(25_000).default(0).describe('wait so long for the first event'),
    }),
    execute: ({ subscription, cursor, ...given }, { signal }) =>
      subscriptions.read({ subscription, cursor, ...given }, signal),
  })
  ctx.tool('events.unsubscribe', {
    description: 'Ends a subscription',
    parameters: z.strictObject({ subscription: z.string() }),
    execute: ({ subscription }) => ({ ended: subscriptions.end(subscription) }),
  })
}

function latest(
  ring: EventRing,
  most: number,
  matches: (event: SeenEvent) => boolean,
): { readonly events: readonly SeenEvent[]; readonly cursor: number } {
  const matching = [...ring.after(0)].filter(matches)
  return { events: matching.slice(-most).toReversed(), cursor: ring.cursor }
}

function figuresOf(ring: EventRing) {
  const byName: Record<string, number> = {}
  for (const { name } of ring.after(0)) byName[name] = (byName[name] ?? 0) + 1
  return { events: ring.size, seen: ring.cursor, forgotten: ring.dropped, byName }
}
