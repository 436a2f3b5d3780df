import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { anthropic, createEventOrder, gemini, LossReport, openaiChat } from '../index.ts'

type Json = Record<string, unknown>

interface Recorded {
  readonly name: string
  readonly document: Json
}

const shared = path.join(import.meta.dirname, '../../../../../shared')
const tests = path.join(shared, 'fixtures/agentgateway/crates/llm/src/tests')

function recorded(folder: string, wanted: RegExp): Recorded[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .filter((name) => wanted.test(name))
    .map((name) => ({ name, document: JSON.parse(readFileSync(path.join(folder, name), 'utf8')) as Json }))
}

/** Bodies of requests that the Gemini CLI sent. */
function fromCli(): Recorded[] {
  return recorded(path.join(shared, 'transcripts/gemini-cli'), /\.json$/).flatMap(({ name, document }) => {
    const http = Array.isArray(document['http']) ? (document['http'] as Json[]) : []
    return http.flatMap(({ body }, index) =>
      typeof body === 'object' && body !== null && 'contents' in body
        ? [{ name: `${name} ${index}`, document: body }]
        : [],
    )
  })
}

const answers = recorded(path.join(tests, 'response/vertex-gemini'), /^(?!stream).*\.json$/)
const requests = [...recorded(path.join(tests, 'requests/gemini'), /\.json$/), ...fromCli()]

describe.skipIf(answers.length === 0)('recorded answers', () => {
  it.each(answers)('$name comes out as it went in, and is legal in other formats', ({ document }) => {
    const events = gemini.readResponse(document)
    const check = createEventOrder()
    for (const event of events) check(event)
    // An answer without an id gets one.
    expect(gemini.writeResponse(events, new LossReport())).toEqual({
      candidates: undefined,
      responseId: expect.any(String) as unknown,
      ...document,
      ...(Array.isArray(document['candidates']) && document['candidates'].length === 0
        ? { candidates: undefined }
        : {}),
    })
    for (const format of [anthropic, openaiChat])
      expect(format.readResponse(format.writeResponse(events, new LossReport())).at(-1)).toEqual({
        type: 'end',
      })
  })
})

describe.skipIf(requests.length === 0)('recorded requests', () => {
  it.each(requests)(
    '$name reads the same after it was written again, and reaches other formats',
    ({ document }) => {
      const loss = new LossReport()
      const request = gemini.readRequest(document, loss)
      const again = gemini.writeRequest(request, loss)
      expect(loss.entries).toEqual([])
      expect(gemini.readRequest(again, new LossReport())).toEqual(request)
      for (const format of [anthropic, openaiChat])
        expect(() => format.writeRequest({ ...request, model: 'm' }, new LossReport())).not.toThrow()
    },
  )
})
