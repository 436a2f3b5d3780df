import { expect, test } from 'vitest'
import { nearNames } from './near-names.ts'

const NAMES = [
  'anthropic/claude-sonnet-4-5',
  'anthropic/claude-opus-5-5',
  'openai/gpt-5',
  'simulator/demo',
  'fast',
]

test('a misspelling finds its model, with its provider', () => {
  expect(nearNames('claude-sonet-4-5', NAMES)).toEqual(['anthropic/claude-sonnet-4-5'])
  expect(nearNames('openai/claude-opus-55', NAMES)).toEqual(['anthropic/claude-opus-5-5'])
})

test('a part of a name finds what contains it, before near spellings', () => {
  expect(nearNames('OPUS', NAMES)).toEqual(['anthropic/claude-opus-5-5'])
})

test('nothing alike finds nothing, and a very long name costs little', () => {
  expect(nearNames('mistral-large', NAMES)).toEqual([])
  expect(nearNames('x'.repeat(1_000_000), NAMES)).toEqual([])
})

test('at most three are shown', () => {
  expect(nearNames('model', ['model-1', 'model-2', 'model-3', 'model-4'])).toHaveLength(3)
})
