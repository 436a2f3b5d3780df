import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { createRandom, exercise, mutate, mutateJson } from './fuzz.test-support.ts'
import { geminiDocument } from './gemini/request-documents.test-support.ts'
import { formats } from './index.ts'
import type { Format } from './index.ts'
import { sharedRecordings } from './recordings.test-support.ts'
import { anthropicDocument, chatDocument, responsesDocument } from './request-documents.test-support.ts'

// `node scripts/fuzz-wire.mjs --minutes 10 --seed 7` runs the same for longer, or again.
const seed = Number(process.env['WIRE_FUZZ_SEED'] ?? Date.now() % 2 ** 32)
const runMs = Number(process.env['WIRE_FUZZ_MS'] ?? 6000)
/** Longer recordings tell a fuzzer nothing new and cost it rounds. */
const MOST_BYTES = 20_000

const all = Object.values(formats)
const DOCUMENTS: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  anthropic: anthropicDocument,
  'openai-chat': chatDocument,
  'openai-responses': responsesDocument,
  gemini: geminiDocument,
}

/** Streams, JSON answers, requests and errors of a format, as they should be. */
function seeds(format: Format): Buffer[] {
  const folder = path.join(import.meta.dirname, 'fixtures')
  const made = readdirSync(folder).filter((file) => file.startsWith(format.name))
  const requests = fc.sample(DOCUMENTS[format.name] ?? fc.constant({}), { numRuns: 20, seed })
  const told = { message: 'No.', status: 400, vendorType: null, retryAfterMs: null, requestId: null }
  const error = format.writeError({ type: 'rate_limit', ...told })
  return [
    ...made.map((file) => readFileSync(path.join(folder, file))),
    ...sharedRecordings().flatMap((one) => (one.format === format ? [one.bytes] : [])),
    ...[...requests, error].map((document) => Buffer.from(JSON.stringify(document))),
  ].filter(({ length }) => length <= MOST_BYTES)
}

it(
  `no mutant makes a reader crash, hang, or tell other events when cut elsewhere (seed ${seed}, ${runMs} ms)`,
  () => {
    const random = createRandom(seed)
    const inputs = all.flatMap((format) => seeds(format).map((bytes) => ({ format, bytes })))
    const until = performance.now() + runMs
    let rounds = 0
    for (; performance.now() < until; rounds += 1) {
      const picked = inputs[random(inputs.length)]
      if (picked === undefined) break
      const { format, bytes } = picked
      const mutant = random(3) === 0 ? mutatedDocument(bytes, random) : mutate(bytes, random)
      // Every reader meets what was meant for another, too.
      const reader = random(10) === 0 ? (all[random(all.length)] ?? format) : format
      try {
        exercise(reader, all, mutant)
      } catch (cause) {
        const input = mutant.toString('base64')
        throw new Error(`seed ${seed}, round ${rounds}, ${reader.name}, input ${input}`, { cause })
      }
    }
    expect(rounds).toBeGreaterThan(10)
  },
  runMs + 60_000,
)

function mutatedDocument(bytes: Buffer, random: ReturnType<typeof createRandom>): Buffer {
  try {
    return Buffer.from(JSON.stringify(mutateJson(JSON.parse(bytes.toString()), random)) ?? '')
  } catch {
    return mutatedEvent(bytes, random)
  }
}

/** A stream with one event told differently. */
function mutatedEvent(bytes: Buffer, random: ReturnType<typeof createRandom>): Buffer {
  const lines = bytes.toString().split('\n')
  const data = lines.flatMap((line, index) => (line.startsWith('data: {') ? [index] : []))
  const at = data[random(data.length || 1)]
  if (at === undefined) return mutate(bytes, random)
  const changed = mutateJson(JSON.parse((lines[at] ?? '').slice('data: '.length)), random)
  return Buffer.from(lines.with(at, `data: ${JSON.stringify(changed)}`).join('\n'))
}
