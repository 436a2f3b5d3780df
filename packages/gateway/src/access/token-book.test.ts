import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import { TokenBook } from './token-book.ts'

const OWNER = 'owner-token-0123456789'

test('the owner is known by any of the three headers', () => {
  const book = new TokenBook(OWNER)
  const owner = { kind: 'owner', taskId: null, purpose: null }
  expect(book.identify({ authorization: `Bearer ${OWNER}` })).toEqual(owner)
  expect(book.identify({ authorization: `bearer  ${OWNER}` })).toEqual(owner)
  expect(book.identify({ 'x-api-key': OWNER })).toEqual(owner)
  expect(book.identify({ 'x-goog-api-key': OWNER })).toEqual(owner)
})

test('one right header is enough beside a foreign one', () => {
  const book = new TokenBook(OWNER)
  expect(book.identify({ authorization: 'Bearer sk-ant-something', 'x-api-key': OWNER })).not.toBeNull()
})

test('the headers that hold one of our tokens are known, those of others are not', () => {
  const book = new TokenBook(OWNER)
  const task = book.issue({ taskId: 't', purpose: 'agent' })
  const headers = {
    authorization: 'Bearer sk-ant-something',
    'x-api-key': `x, ${OWNER}`,
    'x-goog-api-key': task,
  }
  expect(book.secretHeaders(headers)).toEqual(['x-api-key', 'x-goog-api-key'])
  expect(book.secretHeaders({ authorization: `Bearer ${OWNER}` })).toEqual(['authorization'])
  expect(book.secretHeaders({})).toEqual([])
})

test('nothing, a wrong token, a prefix, another scheme are nobody', () => {
  const book = new TokenBook(OWNER)
  for (const authorization of [
    '',
    'Bearer',
    'Bearer ',
    `Bearer ${OWNER}x`,
    `Bearer ${OWNER.slice(0, -1)}`,
    `Basic ${OWNER}`,
    OWNER,
  ]) {
    expect(book.identify({ authorization })).toBeNull()
  }
  expect(book.identify({})).toBeNull()
})

test('a task token says whose it is until it is revoked, and only the named task loses its tokens', () => {
  const book = new TokenBook(OWNER)
  const agent = book.issue({ taskId: 't1', purpose: 'agent' })
  const reasoner = book.issue({ taskId: 't1', purpose: 'reasoner' })
  const other = book.issue({ taskId: 't2', purpose: 'agent' })
  expect(book.identify({ 'x-api-key': agent })).toEqual({ kind: 'task', taskId: 't1', purpose: 'agent' })
  expect(book.identify({ 'x-api-key': reasoner })).toMatchObject({ purpose: 'reasoner' })
  book.revoke('t1')
  expect(book.identify({ 'x-api-key': agent })).toBeNull()
  expect(book.identify({ 'x-api-key': reasoner })).toBeNull()
  expect(book.identify({ 'x-api-key': other })).toMatchObject({ taskId: 't2' })
})

test('no token can be read out of the book', () => {
  const book = new TokenBook(OWNER)
  const issued = book.issue({ taskId: 't1', purpose: 'agent' })
  const seen = inspect(book, { depth: 10, showHidden: true }) + JSON.stringify(book)
  expect(seen).not.toContain(OWNER)
  expect(seen).not.toContain(issued)
})
