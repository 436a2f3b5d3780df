import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { dependentsOf, planOrder } from './graph.ts'

const node = (name: string, ...dependencies: readonly string[]) => ({ name, dependencies })

it('puts dependencies first and otherwise keeps the given order', () => {
  const { order, problems } = planOrder([node('d', 'b'), node('a'), node('b', 'a'), node('c')])
  expect(order).toEqual(['a', 'b', 'd', 'c'])
  expect(problems.size).toBe(0)
})

it('prints a cycle as a chain and keeps those beside it', () => {
  const { order, problems } = planOrder([
    node('a', 'b'),
    node('b', 'a'),
    node('needs-b', 'b'),
    node('own', 'own'),
    node('fine'),
  ])
  expect(order).toEqual(['fine'])
  expect(problems.get('a')?.message).toContain('a -> b -> a')
  expect(problems.get('b')).toMatchObject({ code: 'DEPENDENCY_CYCLE' })
  expect(problems.get('own')?.message).toContain('own -> own')
  expect(problems.get('needs-b')).toMatchObject({ code: 'DEPENDENCY_MISSING' })
})

it('prunes what needs a missing plugin, with that reason all the way up', () => {
  const { order, problems } = planOrder(
    [node('top', 'middle'), node('middle', 'gone'), node('b', 'here')],
    new Set(['here']),
  )
  expect(order).toEqual(['b'])
  expect(problems.get('middle')?.message).toBe('plugin middle needs plugin gone, which is not loaded')
  expect(problems.get('top')?.message).toContain(
    'plugin middle, which failed: plugin middle needs plugin gone',
  )
})

it('finds all dependents, dependencies first', () => {
  const nodes = [node('c', 'b'), node('a'), node('b', 'a'), node('x')]
  expect(dependentsOf('a', nodes)).toEqual(['b', 'c'])
  expect(dependentsOf('x', nodes)).toEqual([])
})

const graphs = fc.integer({ min: 1, max: 8 }).chain((size) =>
  fc.array(fc.array(fc.integer({ min: 0, max: size }), { maxLength: 3 }), {
    minLength: size,
    maxLength: size,
  }),
)

it('orders every plugin whose needs can be met, and no other, for any graph', () => {
  fc.assert(
    fc.property(graphs, (edges) => {
      const nodes = edges.map((targets, index) => node(`p${index}`, ...targets.map((target) => `p${target}`)))
      const { order, problems } = planOrder(nodes)
      // Peel off what can load, round by round: the plainest statement of the law.
      const loadable = new Set<string>()
      for (let size = -1; size !== loadable.size;) {
        size = loadable.size
        for (const { name, dependencies } of nodes)
          if (dependencies.every((dependency) => loadable.has(dependency))) loadable.add(name)
      }
      expect(new Set(order)).toEqual(loadable)
      expect(order.length + problems.size).toBe(nodes.length)
      for (const { name, dependencies } of nodes.filter((one) => loadable.has(one.name)))
        for (const dependency of dependencies)
          expect(order.indexOf(dependency)).toBeLessThan(order.indexOf(name))
      expect(planOrder(nodes).order).toEqual(order)
    }),
  )
})
