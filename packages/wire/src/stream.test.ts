import { describe, expect, it } from 'vitest'
import { anthropic, createEventOrder, createUsageTap, formats, gemini, LossReport } from './index.ts'
import type { Format, ModelEvent, ModelUsage } from './index.ts'
import { madeRecordings, sharedRecordings } from './recordings.test-support.ts'

function read(format: Format, chunks: Iterable<Uint8Array>): ModelEvent[] {
  const reader = format.createStreamReader()
  const events: ModelEvent[] = []
  for (const chunk of chunks) events.push(...reader.push(chunk))
  return [...events, ...reader.end()]
}

function* singleBytes(bytes: Buffer): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 1) yield bytes.subarray(at, at + 1)
}

function write(format: Format, events: readonly ModelEvent[]): string {
  const writer = format.createStreamWriter(new LossReport())
  return events.map((event) => writer.write(event)).join('')
}

function lastUsage(events: readonly ModelEvent[]): ModelUsage | null {
  return events.findLast((event) => event.type === 'usage')?.usage ?? null
}

/** A writer names answers and items that came without an id; where an item begins stays. */
function withoutNames(event: ModelEvent): unknown {
  if (event.type === 'start' && /^(?:resp_[0-9a-f]{32})?$/.test(event.id)) return { ...event, id: '' }
  if (event.type !== 'block_start' || !('item' in event.block)) return event
  return { ...event, block: { ...event.block, item: {} } }
}

/** What must survive a rewrite: pings come and go, and usage may be told in more or fewer steps. */
function essence(events: readonly ModelEvent[]): unknown[] {
  const kept = events.filter(({ type }) => type !== 'ping' && type !== 'usage')
  return [...kept.map(withoutNames), lastUsage(events)]
}

const recordings = [...madeRecordings(), ...sharedRecordings()]

describe.each(recordings)('the recorded stream $name', ({ format, bytes, answer }) => {
  const events = read(format, [bytes])
  // Single bytes cut at every boundary; two-part cuts go through them all where the recording is short.
  const step = Math.max(1, Math.floor(bytes.length / 60))

  it('is in legal order and ends well', () => {
    const check = createEventOrder()
    for (const event of events) check(event)
    expect(events.at(-1)).toEqual({ type: 'end' })
  })

  it('gives the same events however it is cut', () => {
    expect(read(format, singleBytes(bytes))).toEqual(events)
    for (let at = 0; at <= bytes.length; at += step) {
      expect(read(format, [bytes.subarray(0, at), bytes.subarray(at)])).toEqual(events)
    }
  })

  it('gives the same events with other line ends, a BOM, or no last blank line', () => {
    const text = bytes.toString()
    for (const end of ['\r\n', '\r'])
      expect(read(format, singleBytes(Buffer.from(text.replaceAll('\n', end))))).toEqual(events)
    expect(read(format, [Buffer.from(`\uFEFF${text.trimEnd()}`)])).toEqual(events)
  })

  it('ends in an error when it is cut at any event before its end', () => {
    const parts = bytes.toString().split('\n\n')
    // Gemini may go on after a finish reason, so its stream looks whole from the first one on.
    const terminal = parts.findIndex((part) =>
      /message_stop|response\.(?:completed|incomplete)|\[DONE\]|"finish_reason":"|"finishReason":"/.test(
        part,
      ),
    )
    for (let count = 0; count < terminal; count += 1) {
      const cut = read(format, [Buffer.from(parts.slice(0, count).join('\n\n') + '\n\n')])
      expect(cut.at(-1)).toMatchObject({ type: 'error', error: { type: 'truncated' } })
      expect(cut.filter(({ type }) => type === 'end' || type === 'error')).toHaveLength(1)
    }
  })

  it('is read the same after this package wrote it again', () => {
    const again = read(format, [Buffer.from(write(format, events))])
    expect(essence(again)).toEqual(essence(events))
  })

  it('folds into the JSON answer', () => {
    const folded = format.writeResponse(events, new LossReport(), { created: 1 })
    const reread = format.readResponse(JSON.parse(JSON.stringify(folded)))
    expect(format.writeResponse(reread, new LossReport(), { created: 1 })).toEqual(folded)
    if (answer === undefined) return
    expect(format.writeResponse(format.readResponse(answer), new LossReport(), { created: 1 })).toEqual(
      folded,
    )
    if (format === anthropic || format === gemini) expect(folded).toEqual(answer)
  })

  it('gives its usage and its end to a tap, however it is cut', () => {
    const whole = { usage: lastUsage(events), terminal: 'end', error: null }
    for (let at = 0; at <= bytes.length; at += step) {
      const tap = createUsageTap(format.name)
      tap.push(bytes.subarray(0, at))
      tap.push(bytes.subarray(at))
      expect(tap.end()).toEqual(whole)
    }
    for (const end of ['\n', '\r\n', '\r']) {
      const tap = createUsageTap(format.name)
      for (const chunk of singleBytes(Buffer.from(bytes.toString().trimEnd().replaceAll('\n', end))))
        tap.push(chunk)
      expect(tap.end()).toEqual(whole)
    }
  })

  it('tells a tap when it was cut', () => {
    const tap = createUsageTap(format.name)
    tap.push(bytes.subarray(0, 40))
    expect(tap.end().terminal).toBe('missing')
  })

  const others = Object.values(formats).filter((other) => other !== format)

  it.each(others)('is a legal stream in the format $name', (other) => {
    const translated = read(other, [Buffer.from(write(other, events))])
    const check = createEventOrder()
    for (const event of translated) check(event)
    expect(translated.at(-1)).toEqual({ type: 'end' })
    expect(texts(translated)).toEqual(texts(events))
    expect(lastUsage(translated)?.inputTokens).toBe(lastUsage(events)?.inputTokens)
  })
})

/** Text, thinking and tool calls of an answer, joined over blocks. */
function texts(events: readonly ModelEvent[]): unknown {
  let text = ''
  let thinking = ''
  const calls: { id: string; name: string; json: string }[] = []
  for (const event of events) {
    if (event.type === 'block_start' && event.block.type === 'tool_call') {
      calls.push({ id: event.block.id, name: event.block.name, json: '' })
    }
    if (event.type !== 'block_delta') continue
    // Formats without refusals say them as text.
    if (event.delta.type === 'text' || event.delta.type === 'refusal') text += event.delta.text
    if (event.delta.type === 'thinking') thinking += event.delta.text
    const call = calls.at(-1)
    if (event.delta.type === 'arguments' && call !== undefined) call.json += event.delta.json
  }
  return {
    text,
    thinking,
    calls: calls.map(({ json, ...call }) => ({ ...call, input: JSON.parse(json || '{}') as unknown })),
  }
}

it('hand-made recordings of every format are there', () => {
  const recorded = new Set(madeRecordings().map(({ format }) => format))
  expect([...recorded]).toEqual(expect.arrayContaining(Object.values(formats)))
})
