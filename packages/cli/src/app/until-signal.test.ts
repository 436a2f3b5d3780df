import { expect, test } from 'vitest'
import { untilSignal } from './until-signal.ts'

const untilAborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
  })

test('work that waits for a person ends when the time is up, when it is stopped, and when something crashed', async () => {
  const before = process.listenerCount('SIGTERM')
  const crash = new AbortController()
  const wait = { what: 'the login', limitMs: 60_000, crashed: crash.signal }
  await expect(untilSignal({ ...wait, limitMs: 30 }, untilAborted)).rejects.toMatchObject({
    code: 'LOGIN_FAILED',
    message: expect.stringContaining('the login was not finished within'),
  })
  const stopped = untilSignal(wait, untilAborted)
  process.emit('SIGTERM')
  await expect(stopped).rejects.toMatchObject({ code: 'LOGIN_CANCELLED', exitCode: 130 })
  const crashed = untilSignal(wait, untilAborted)
  crash.abort()
  await expect(crashed).rejects.toMatchObject({ code: 'LOGIN_CANCELLED' })
  expect(await untilSignal(wait, async () => 'done')).toBe('done')
  expect(process.listenerCount('SIGTERM')).toBe(before)
})
