import { expect, it } from 'vitest'
import { Scope } from './scope.ts'

it('disposes last added first, once, and collects what failed', async () => {
  const scope = new Scope('plugin a')
  const order: string[] = []
  scope.add(() => order.push('first'))
  scope.add(() => {
    order.push('second')
    throw new Error('boom')
  })
  scope.add(async () => {
    await Promise.resolve()
    order.push('third')
    throw new Error('late')
  })
  const undone = scope.add(() => order.push('undone'))
  undone[Symbol.dispose]()
  const [errors, again] = await Promise.all([scope.dispose(), scope.dispose()])
  expect(order).toEqual(['third', 'second', 'first'])
  expect(errors.map((error) => (error as Error).message)).toEqual(['late', 'boom'])
  expect(again).toBe(errors)
})

it('aborts its signal before the first disposer runs', async () => {
  const scope = new Scope('plugin a')
  let aborted = false
  scope.add(() => (aborted = scope.signal.aborted))
  await scope.dispose()
  expect(aborted).toBe(true)
  expect(scope.signal.reason).toMatchObject({ code: 'DISPOSED' })
})

it('disposes at once what is added too late, also during disposal', async () => {
  const scope = new Scope('plugin a')
  const order: string[] = []
  scope.add(() => void scope.add(() => order.push('within')))
  await scope.dispose()
  scope.add(() => order.push('after'))
  expect(order).toEqual(['within', 'after'])
})

it('does not wait forever for a disposer that hangs', async () => {
  const scope = new Scope('plugin a')
  let reached = false
  scope.add(() => (reached = true))
  scope.add(() => new Promise(() => {}))
  const errors = await scope.dispose(20)
  expect(reached).toBe(true)
  expect(errors).toHaveLength(1)
})
