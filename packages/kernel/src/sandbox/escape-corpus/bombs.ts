import type { Attempt } from './attempt.ts'

const MEMORY = ['memory', 'time', 'crash'] as const
const TIME = ['time'] as const
/** On a busy machine a flood may not swell enough before its time is over. */
const OUTPUT = ['output', 'time'] as const

/** Attempts to starve the host of memory, time or attention. */
export const bombs: readonly Attempt[] = [
  {
    name: 'fill the memory with arrays',
    code: `const all = []; for (;;) all.push(new Array(1000).fill(7))`,
    limits: MEMORY,
  },
  {
    name: 'fill the memory with ArrayBuffers',
    code: `const all = []; for (;;) { const b = new Uint8Array(1e6); b.fill(1); all.push(b) }`,
    limits: MEMORY,
  },
  {
    name: 'ask for one huge ArrayBuffer',
    code: `new Uint8Array(2 ** 30).fill(1); for (;;);`,
    limits: MEMORY,
  },
  {
    name: 'double a string for ever',
    code: `const all = []; for (;;) all.push('x'.repeat(1e6) + all.length)`,
    limits: MEMORY,
  },
  {
    name: 'fill the memory with closures',
    code: `let last = () => 0; for (;;) { const former = last; last = () => former }`,
    limits: MEMORY,
  },
  {
    name: 'fill the memory with a map',
    code: `const map = new Map(); for (let i = 0; ; i++) map.set('key' + i, { i })`,
    limits: MEMORY,
  },
  {
    name: 'fill the memory with promises',
    code: `const all = []; for (;;) all.push(new Promise(() => {}))`,
    limits: MEMORY,
  },
  {
    name: 'fill the memory with microtasks',
    code: `const more = () => { queueMicrotask(more); queueMicrotask(more) }; more(); await new Promise(() => {})`,
    limits: MEMORY,
  },
  {
    name: 'multiply a BigInt for ever',
    code: `let n = 3n; for (;;) { try { n *= n } catch { n = 3n } }`,
    limits: MEMORY,
    only: 'quickjs',
  },
  {
    name: 'fill the memory by splitting',
    code: `const all = []; for (;;) all.push('ab'.repeat(1e5).split(''))`,
    limits: MEMORY,
  },
  { name: 'loop for ever', code: `for (;;);`, limits: TIME },
  { name: 'loop for ever over awaits', code: `for (;;) await null`, limits: TIME },
  {
    name: 'loop for ever with a catch',
    code: `for (;;) { try { for (;;); } catch {} finally { continue } }`,
    limits: TIME,
  },
  {
    name: 'loop for ever in an async generator',
    code: `async function* all() { for (;;) yield 1 } for await (const _ of all());`,
    limits: TIME,
  },
  {
    name: 'loop for ever in a getter of the answer',
    code: `return { get value() { for (;;); } }`,
    limits: TIME,
  },
  { name: 'loop for ever in toJSON', code: `return { toJSON() { for (;;); } }`, limits: TIME },
  { name: 'loop for ever in what it throws', code: `throw { get message() { for (;;); } }`, limits: TIME },
  {
    name: 'loop for ever in a proxy trap',
    code: `const p = new Proxy({}, { ownKeys() { for (;;); } }); return Object.keys(p)`,
    limits: TIME,
  },
  { name: 'loop for ever in a thenable', code: `await { then() { for (;;); } }`, limits: TIME },
  {
    name: 'match a catastrophic regular expression',
    code: `return /^(a|aa)+$/.test('a'.repeat(60) + 'b')`,
    limits: TIME,
  },
  {
    name: 'match a catastrophic regular expression with look-ahead',
    code: `return /^(?=(a+)+$)b/.test('a'.repeat(60) + 'c')`,
    limits: TIME,
    only: 'quickjs',
  },
  {
    name: 'sort for ever with a comparison that loops',
    code: `[2, 1].sort(() => { for (;;); })`,
    limits: TIME,
  },
  { name: 'flood the log', code: `for (;;) plugin.log.info('x'.repeat(2000))`, limits: OUTPUT },
  { name: 'flood the log with short lines', code: `for (;;) plugin.log.info('x')`, limits: OUTPUT },
  {
    name: 'flood the events',
    code: `for (;;) plugin.events.emit('allowed.event', { n: 1 })`,
    limits: ['events', ...OUTPUT],
  },
  {
    name: 'flood the broker with requests',
    code: `for (;;) void plugin.files.read('own.txt').catch(() => {})`,
    limits: [...OUTPUT, 'memory'],
  },
  { name: 'answer with more than it may send', code: `return 'x'.repeat(3e6)`, limits: OUTPUT },
]
