import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { definePlugin } from '@agentproxy/plugin'
import { expect, test } from 'vitest'
import { runTask, tempFolder, writeFiles } from './run-task.ts'

/** Runs a task of two turns, decided by a plugin's reasoner, and tells what agent and reasoner were told. */
async function tell(folder: string, config?: unknown) {
  const prompts: string[] = []
  const notes: (readonly string[])[] = []
  const thinking = definePlugin({
    name: 'thinking',
    version: '1.0.0',
    setup: (ctx) =>
      void ctx.reasoner({
        name: 'thinking',
        description: 'Keeps what it is shown.',
        decide({ context }) {
          notes.push(context.notes)
          const done = context.findings.length === 0
          return done
            ? { function: 'mark_done', arguments: {}, reason: 'proved' }
            : { function: 'send_to_agent', arguments: { instruction: 'Go on.' }, reason: 'not yet' }
        },
      }),
  })
  const { report, log } = await runTask({
    example: 'custom-prompts',
    config,
    folder,
    more: [thinking],
    contract: { reasoner: 'thinking', budgets: { maxTurns: 2, maxTimeMs: null } },
    agent({ prompt, turn }) {
      prompts.push(prompt)
      writeFiles(folder, turn === 1 ? { 'b.txt': '' } : { 'a.txt': 'fixed' })
    },
  })
  expect(report).toMatchObject({ outcome: 'done', turns: 2 })
  return { prompts, notes, log }
}

const RULES = 'House rules of this project:\n\nUse tabs.\n\nNo new dependencies.'

test('the house rules reach the agent once, in order, and the reasoner each time', async () => {
  const folder = tempFolder({
    '.agentproxy/prompts/1-style.md': 'Use tabs.\n',
    '.agentproxy/prompts/2-dependencies.md': '\nNo new dependencies.\n',
    '.agentproxy/prompts/3-empty.md': '\n',
    '.agentproxy/prompts/readme.txt': 'not for agents',
  })
  const { prompts, notes } = await tell(folder)
  expect(prompts[0]?.endsWith(`\n\n${RULES}`)).toBe(true)
  expect(prompts[1]).toBe('Go on.')
  expect(notes).toEqual([[RULES], [RULES]])
})

test('a project without house rules is told nothing', async () => {
  const { prompts, notes } = await tell(tempFolder({}))
  expect(prompts[0]).not.toContain('House rules')
  expect(notes).toEqual([[], []])
})

test('what is too long is cut between characters, and that is said', async () => {
  const folder = tempFolder({ '.agentproxy/prompts/a.md': 'ä'.repeat(100) })
  const { prompts, log } = await tell(folder, { maxBytes: 7 })
  expect(prompts[0]?.endsWith('\n\näää\n(cut after 7 bytes)')).toBe(true)
  expect(log).toContain('the house rules are longer than 7 bytes and were cut')
})

test('a link tells no file from elsewhere to a model', async () => {
  const folder = tempFolder({ '.agentproxy/prompts/a.md': 'Use tabs.' })
  const elsewhere = tempFolder({ 'secret.md': 'a secret' })
  symlinkSync(join(elsewhere, 'secret.md'), join(folder, '.agentproxy/prompts/b.md'))
  const { prompts } = await tell(folder)
  expect(prompts[0]).toContain('Use tabs.')
  expect(prompts[0]).not.toContain('a secret')
})
