import { expect, test } from 'vitest'
import { pluginCommand } from './plugin-command.ts'

const builtIns = ['run', 'serve', 'list', 'help']

test('a word that is no command of ours may be a plugin’s, with all that follows', () => {
  expect(pluginCommand('agentproxy', builtIns, ['stats', '--since', '1d', '--config', 'x'])).toEqual({
    name: 'stats',
    argv: ['--since', '1d', '--config', 'x'],
    builtIns,
    slips: [],
    verbose: false,
  })
  const flagged = ['--verbose', '--config', 'a.yaml', 'stats']
  expect(pluginCommand('agentproxy', builtIns, flagged)).toMatchObject({ verbose: true, config: 'a.yaml' })
  expect(pluginCommand('agentproxy', builtIns, ['--config=b.yaml', 'stats'])).toMatchObject({
    config: 'b.yaml',
  })
})

test.each([['srve'], ['sreve'], ['serves'], ['lst']])('%s may be a slip', (word) => {
  expect(pluginCommand('agentproxy', builtIns, [word])?.slips).toHaveLength(1)
})

test.each([[['serve']], [['--help']], [[]], [['--verbose', 'list']], [['help', 'stats']]])(
  '%j is ours',
  (argv) => {
    expect(pluginCommand('agentproxy', builtIns, argv)).toBeNull()
  },
)

test('for pa such a word begins a task', () => {
  expect(pluginCommand('pa', builtIns, ['stats'])).toBeNull()
})
