import { readFileSync } from 'node:fs'
import path from 'node:path'
import { anthropic } from '@agentproxy/wire/anthropic'
import { gemini } from '@agentproxy/wire/gemini'
import { openaiChat } from '@agentproxy/wire/openai-chat'
import { openaiResponses } from '@agentproxy/wire/openai-responses'
import { describe, expect, it } from 'vitest'
import * as whole from './index.ts'

const src = import.meta.dirname
const ROOMS = ['anthropic', 'openai-chat', 'openai-responses', 'gemini']

/** Every file that is loaded with this one; imports of types alone load nothing. */
function loadedWith(file: string, seen = new Set<string>()): Set<string> {
  if (seen.has(file)) return seen
  seen.add(file)
  const text = readFileSync(file, 'utf8')
  for (const [, kind, target] of text.matchAll(
    /^(import|export) (?!type )[^'\n]*(?:\n[^'\n]*)*?from '(\.[^']+)'/gm,
  ))
    if (kind !== undefined && target !== undefined) loadedWith(path.join(path.dirname(file), target), seen)
  return seen
}

describe.each(ROOMS)('the entry %s', (room) => {
  it('loads its own format and no other', () => {
    const files = [...loadedWith(path.join(src, `entry/${room}.ts`))].map((file) => path.relative(src, file))
    expect(files.some((file) => file.startsWith(`${room}/`))).toBe(true)
    const others = ROOMS.filter((other) => other !== room)
    expect(files.filter((file) => others.some((other) => file.startsWith(`${other}/`)))).toEqual([])
    expect(files.length).toBeGreaterThan(20)
  })
})

it('the walk over imports finds every room from the root', () => {
  const files = [...loadedWith(path.join(src, 'index.ts'))].map((file) => path.relative(src, file))
  for (const room of ROOMS) expect(files).toContain(`${room}/${room}.ts`)
})

it('the package has no side effects, and its entries are the formats of its root', () => {
  const { sideEffects } = JSON.parse(readFileSync(path.join(src, '../package.json'), 'utf8')) as Record<
    string,
    unknown
  >
  expect(sideEffects).toBe(false)
  expect([anthropic, openaiChat, openaiResponses, gemini]).toEqual(Object.values(whole.formats))
})
