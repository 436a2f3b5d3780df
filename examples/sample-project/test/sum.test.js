import assert from 'node:assert/strict'
import { test } from 'node:test'
import { largest, sum } from '../src/sum.js'

test('an empty list adds up to zero', () => {
  assert.equal(sum([]), 0)
})

test('every number counts', () => {
  assert.equal(sum([1, 2, 3]), 6)
})

test('the largest number is found wherever it stands', () => {
  assert.equal(largest([3, 20, 7]), 20)
  assert.equal(largest([]), undefined)
})
