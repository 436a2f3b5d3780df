import { definePlugin } from '@agentproxy/plugin'
import type { PluginContext } from '@agentproxy/plugin'
import { z } from 'zod'
import { openCache } from './cache-service.ts'
import type { CacheService } from './cache-service.ts'
import { changes, config } from './config.ts'

export type { CacheService } from './cache-service.ts'

declare module '@agentproxy/plugin' {
  interface Services {
    cache: CacheService
  }
}

/** Values by key, with an end, for tools and for other plugins. */
export const cache = definePlugin({
  name: 'cache',
  version: '0.1.0',
  description: 'A key-value cache for plugins and agents',
  config,
  async setup(ctx): Promise<CacheService> {
    const service = await openCache(ctx, ctx.config)
    addTools(ctx, service)
    ctx.health(() => {
      const { entries, bytes, hits, misses } = service.stats()
      return { status: 'pass', details: { entries, bytes, hits, misses } }
    })
    return service
  },
})

const key = z.string().min(1).max(1024).describe('the name of the value')
const namespace = z
  .string()
  .min(1)
  .max(256)
  .optional()
  .describe('a room of its own for keys; "default" if absent')
const tag = z.string().min(1).max(256)

function addTools(ctx: Pick<PluginContext, 'tool'>, service: CacheService): void {
  ctx.tool('cache.get', {
    description: 'Reads a cached value',
    parameters: z.strictObject({ key, namespace }),
    execute(place) {
      const value = service.get(place.key, place)
      return { found: value !== undefined, value: value ?? null }
    },
  })
  ctx.tool('cache.set', {
    description: 'Caches a value under a key, for a time if one is given',
    parameters: z.strictObject({
      key,
      namespace,
      value: z.unknown().describe('any JSON value'),
      ttlMs: z.int().positive().nullable().optional().describe('milliseconds; null = no end'),
      tags: z.array(tag).max(32).optional().describe('for clearing several values at once'),
    }),
    execute({ key: name, value, ...keeping }) {
      service.set(name, value, keeping)
      return { key: name }
    },
  })
  ctx.tool('cache.delete', {
    description: 'Forgets one cached value',
    parameters: z.strictObject({ key, namespace }),
    execute: (place) => ({ deleted: service.delete(place.key, place) }),
  })
  ctx.tool('cache.clear', {
    description: 'Forgets all cached values, or those of one namespace or with one tag',
    parameters: z.strictObject({ namespace, tag: tag.optional() }),
    execute: (clearing) => ({ cleared: service.clear(clearing) }),
  })
  ctx.tool('cache.stats', {
    description: 'How much is cached, and how often it was found',
    parameters: z.strictObject({}),
    execute: () => service.stats(),
  })
  ctx.tool('cache.configure', {
    description: 'Changes the limits of the cache until it is loaded again',
    parameters: changes,
    execute: (given) => ({ limits: service.configure(given) }),
  })
}
