import { describe, expect, test } from 'vitest'
import { CliError } from '../errors.ts'
import { askedLevel, createPlainLogger } from './log.ts'

function lines(say: (log: ReturnType<typeof createPlainLogger>) => void): readonly string[] {
  const printed: string[] = []
  say(createPlainLogger((line) => printed.push(line)))
  return printed
}

describe('plain logs', () => {
  test('say warnings and errors, the reason first and nothing twice', () => {
    const printed = lines((log) => {
      log.debug('hidden')
      log.info('hidden')
      log.warn('slow', { provider: 'a', tookMs: 5, absent: undefined })
      const failed = { plugin: 'guest', code: 'HOOK_FAILED', reason: 'plugin guest, hook task.start: ill' }
      log.error('a plugin failed', failed)
      log.error('a plugin failed', failed)
      log.error('bad', { error: new Error('inside') })
    })
    expect(printed).toEqual([
      'warning: slow (provider=a, tookMs=5)',
      'error: a plugin failed: plugin guest, hook task.start: ill',
      'error: bad (error=inside)',
    ])
  })
})

describe('the level', () => {
  test.each([
    [{}, false, null],
    [{ AGENTPROXY_LOG: 'WARN' }, false, 'warn'],
    [{ AGENTPROXY_LOG: 'warn' }, true, 'debug'],
  ] as const)('of %j, verbose %s, is %s', (env, verbose, level) => {
    expect(askedLevel(env, verbose)).toBe(level)
  })

  test('that is misspelt is an error with the nearest one', () => {
    expect(() => askedLevel({ AGENTPROXY_LOG: 'debgu' }, false)).toThrow(CliError)
    expect(() => askedLevel({ AGENTPROXY_LOG: 'debgu' }, false)).toThrow('did you mean "debug"')
  })
})
