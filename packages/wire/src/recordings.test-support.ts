import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { anthropic, formats, gemini, openaiChat, openaiResponses } from './index.ts'
import type { Format } from './index.ts'

/** A stream as an upstream sent it. */
export interface Recording {
  readonly name: string
  readonly format: Format
  readonly bytes: Buffer
  /** The JSON answer to the same request, where there is one. */
  readonly answer: unknown
}

const made = path.join(import.meta.dirname, 'fixtures')
const shared = path.join(import.meta.dirname, '../../../../shared/fixtures')

/** Streams written by hand, each with its JSON answer. */
export function madeRecordings(): Recording[] {
  return readdirSync(made)
    .filter((file) => file.endsWith('.sse'))
    .map((name) => ({
      name,
      format: formatNamed(name),
      bytes: readFileSync(path.join(made, name)),
      answer: JSON.parse(readFileSync(path.join(made, name.replace('.sse', '.json')), 'utf8')) as unknown,
    }))
}

function formatNamed(file: string): Format {
  const format = Object.values(formats).find(({ name }) => file.startsWith(name))
  if (format === undefined) throw new Error(`${file} is named after no format`)
  return format
}

/** Streams of real upstreams, as far as they are here. */
export function sharedRecordings(): Recording[] {
  const found: Recording[] = []
  const add = (folder: string, format: Format, wanted: RegExp): void => {
    const full = path.join(shared, folder)
    if (!existsSync(full)) return
    for (const name of readdirSync(full).filter((file) => wanted.test(file))) {
      const bytes = readFileSync(path.join(full, name))
      found.push({ name: `${folder}/${name}`, format, bytes, answer: undefined })
    }
  }
  const tests = 'agentgateway/crates/llm/src/tests/response'
  add('ccproxy/recorded', anthropic, /^claude.*\.sse$/)
  add('ccproxy/recorded', openaiChat, /^copilot.*\.sse$/)
  add('ccproxy/recorded', openaiResponses, /^codex.*\.sse$/)
  add('anthropic-sdk-typescript/tests/fixtures/fable-fallback', anthropic, /\.sse$/)
  add(`${tests}/anthropic`, anthropic, /^stream.*\.json$/)
  add(`${tests}/responses`, openaiResponses, /^stream.*\.json$/)
  add(`${tests}/vertex-gemini`, gemini, /^stream.*\.json$/)
  add(`${tests}/completions`, openaiChat, /^stream.*\.json$/)
  return found
}
