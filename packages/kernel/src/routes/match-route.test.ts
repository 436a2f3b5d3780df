import type { RouteMethod } from '@agentproxy/plugin'
import { array, assert, constantFrom, property, tuple, uniqueArray } from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { PluginRoute } from './compile-routes.ts'
import { matchRoute } from './match-route.ts'

const route = (method: RouteMethod, path: string): PluginRoute => ({
  plugin: 'p',
  method,
  path,
  access: 'owner',
  handle: async () => new Response(),
})

function shown(routes: readonly PluginRoute[], method: string, path: string): unknown {
  const match = matchRoute(routes, method, path)
  return match.found === 'route' ? [match.route.method, match.route.path, match.params] : match
}

const rank = (pattern: string): string =>
  pattern
    .split('/')
    .map((one) => (one === '*' ? 'w' : one.startsWith(':') ? 'n' : 'l'))
    .join('')
const fits = (pattern: string, asked: string): boolean =>
  new RegExp(`^${pattern.replaceAll(/:\w+/g, '[^/]+').replace('*', '.*')}$`).test(asked)

describe('matching', () => {
  const routes = [
    route('GET', '/p/*'),
    route('GET', '/p/:id'),
    route('POST', '/p/:id'),
    route('GET', '/p/list'),
    route('GET', '/p/:id/parts/*'),
    route('HEAD', '/p/head'),
  ]

  it.each([
    ['GET', '/p/list', ['GET', '/p/list', {}]],
    ['HEAD', '/p/list', ['GET', '/p/list', {}]],
    ['HEAD', '/p/head', ['HEAD', '/p/head', {}]],
    ['GET', '/p/a%20b', ['GET', '/p/:id', { id: 'a b' }]],
    ['POST', '/p/list', ['POST', '/p/:id', { id: 'list' }]],
    ['GET', '/p/1/parts/2/3', ['GET', '/p/:id/parts/*', { id: '1', '*': '2/3' }]],
    ['GET', '/p/1/2', ['GET', '/p/*', { '*': '1/2' }]],
    ['GET', '/p/', ['GET', '/p/*', { '*': '' }]],
    ['DELETE', '/p/x', { found: 'path', allow: ['GET', 'POST', 'HEAD'] }],
    ['GET', '/p', { found: 'nothing' }],
    ['GET', '/P/list', { found: 'nothing' }],
    ['GET', '/p/%zz', { found: 'nothing' }],
    ['GET', '/', { found: 'nothing' }],
  ])('%s %s', (method, path, expected) => {
    expect(shown(routes, method, path)).toEqual(expected)
  })

  // The reference tries all routes, as regular expressions, in an order worked out by letters: l before n before w.
  it('finds what a naive search finds, whatever the routes and their order', () => {
    const part = constantFrom('a', 'b', ':x', ':y')
    const end = constantFrom('', '/*')
    const path = tuple(array(part, { minLength: 1, maxLength: 3 }), end).map(
      ([parts, rest]) => `/p/${parts.join('/')}${rest}`,
    )
    const patterns = uniqueArray(path, { selector: (one) => one.replaceAll(/:\w/g, ':'), maxLength: 8 })
    const asked = array(constantFrom('a', 'b', 'c', ''), { maxLength: 4 }).map((parts) =>
      ['/p', ...parts].join('/'),
    )
    assert(
      property(patterns, asked, (all, target) => {
        const expected = all
          .filter((one) => fits(one, target))
          .toSorted((a, b) => (rank(a) < rank(b) ? -1 : 1))[0]
        const match = matchRoute(
          all.map((one) => route('GET', one)),
          'GET',
          target,
        )
        expect(match.found === 'route' ? match.route.path : undefined).toBe(expected)
      }),
      { numRuns: 2000 },
    )
  })
})
