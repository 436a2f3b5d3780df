import { createUsageTap, LossReport, scanRequest, WireReadError } from './index.ts'
import type { Format, ModelEvent } from './index.ts'

/** Numbers that look random and come again with the same seed (mulberry32). */
export function createRandom(seed: number): (below: number) => number {
  let state = seed >>> 0
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

/** Events may repeat what a stream says, but not without bounds. */
const MOST_GROWTH = 100
const MOST_TOLD = 10_000

type Random = ReturnType<typeof createRandom>

const TOKENS = [
  'null',
  'true',
  '-1',
  '1e999',
  '0',
  '""',
  '[]',
  '{}',
  '{"type":',
  '"__proto__":',
  '"\\ud800"',
  '\\u0000',
  '\n\n',
  '\r',
  'data: ',
  'data:[DONE]\n\n',
  'event: error\n',
  'id: \u0000\n',
  ': \n',
  '\uFEFF',
  '[[[[[[',
  '"text"',
  '"input_json_delta"',
] as const

/** A few faults at random spots: bytes flipped, cut, doubled, swapped for tokens that parsers trip over. */
export function mutate(bytes: Buffer, random: Random): Buffer {
  let mutant: Buffer = Buffer.from(bytes)
  for (let left = 1 + random(4); left > 0; left -= 1) mutant = mutateOnce(mutant, random)
  return mutant
}

function mutateOnce(bytes: Buffer, random: Random): Buffer {
  const at = random(bytes.length + 1)
  const length = random(Math.min(64, bytes.length - at) + 1)
  const [before, piece, after] = [
    bytes.subarray(0, at),
    bytes.subarray(at, at + length),
    bytes.subarray(at + length),
  ]
  switch (random(6)) {
    case 0:
      return Buffer.concat([before, after])
    case 1:
      return Buffer.concat([before, piece, piece, after])
    case 2:
      return Buffer.concat([before, Buffer.from(TOKENS[random(TOKENS.length)] ?? ''), after])
    case 3:
      return before
    case 4:
      return Buffer.concat([before, Buffer.from([random(256)]), piece, after])
    default: {
      const copy = Buffer.from(bytes)
      if (at < copy.length) copy[at] = random(256)
      return copy
    }
  }
}

/** Puts a value nobody expects in the place of another, somewhere in a document. */
export function mutateJson(value: unknown, random: Random): unknown {
  if (typeof value !== 'object' || value === null || random(5) === 0) return ODD[random(ODD.length)]
  const keys = Object.keys(value)
  const key = keys[random(keys.length)]
  if (key === undefined) return ODD[random(ODD.length)]
  const inner: unknown = (value as Record<string, unknown>)[key]
  const changed = mutateJson(inner, random)
  if (Array.isArray(value)) return value.map((one: unknown, index) => (String(index) === key ? changed : one))
  return { ...value, [key]: changed }
}

const ODD: readonly unknown[] = [
  null,
  true,
  false,
  0,
  -1,
  1.5,
  '',
  'x',
  [],
  {},
  [[]],
  [null],
  { type: 'x' },
  ['x'],
  { a: [] },
]

/** Every reader and writer of a format, given one input. Throws what none of them may. */
export function exercise(format: Format, others: readonly Format[], input: Buffer): void {
  readAsStream(format, others, input)
  scanRequest(input)
  format.readError(500, {}, input.toString())
  const document = parsed(input)
  if (document !== undefined) readAsDocument(format, others, document)
}

function readAsDocument(format: Format, others: readonly Format[], document: unknown): void {
  format.readUsage(document)
  writeAnswer(others, format.readResponse(document))
  try {
    const loss = new LossReport()
    const request = format.readRequest(document, loss)
    for (const other of others) other.writeRequest({ ...request, model: 'm' }, loss)
  } catch (error) {
    if (!WireReadError.is(error)) throw error
  }
}

/** Whole and in two pieces a stream says the same, ends in one `end` or `error`, and can be written in any format. */
function readAsStream(format: Format, others: readonly Format[], input: Buffer): void {
  const half = input.length >> 1
  const whole = eventsOf(format, [input])
  const pieces = eventsOf(format, [input.subarray(0, half), input.subarray(half)])
  const told = JSON.stringify(whole)
  if (withoutMadeIds(told) !== withoutMadeIds(JSON.stringify(pieces)))
    throw new Error('another cut gave other events')
  if (told.length > MOST_TOLD + MOST_GROWTH * input.length) throw new Error('the events outgrow the stream')
  const tap = createUsageTap(format.name)
  tap.push(input)
  tap.end()
  writeAnswer(others, whole)
}

/** Ids of calls that came without any, in an answer without one too, are made at random. */
function withoutMadeIds(events: string): string {
  return events.replaceAll(/gcall_[0-9a-f]{12}_/g, 'gcall__')
}

function eventsOf(format: Format, chunks: readonly Buffer[]): ModelEvent[] {
  const reader = format.createStreamReader()
  return [...chunks.flatMap((chunk) => reader.push(chunk)), ...reader.end()]
}

function writeAnswer(others: readonly Format[], events: readonly ModelEvent[]): void {
  const last = events.at(-1)
  if (last?.type !== 'end' && last?.type !== 'error') throw new Error('an answer without an end')
  for (const other of others) {
    const writer = other.createStreamWriter(new LossReport(), { created: 1 })
    for (const event of events) writer.write(event)
    if (last.type === 'end') other.writeResponse(events, new LossReport(), { created: 1 })
    else other.writeError(last.error)
  }
}

function parsed(input: Buffer): unknown {
  try {
    return JSON.parse(input.toString())
  } catch {
    return undefined
  }
}
