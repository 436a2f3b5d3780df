import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { anthropic, formats, LossReport, openaiChat, openaiResponses } from './index.ts'
import type { Format, ModelRequest } from './index.ts'
import { anthropicDocument, chatDocument, responsesDocument } from './request-documents.test-support.ts'

type Json = Record<string, unknown>

function rewrite(format: Format, document: Json): { request: ModelRequest; again: Json; loss: LossReport } {
  const loss = new LossReport()
  const request = format.readRequest(document, loss)
  return { request, again: format.writeRequest(request, loss), loss }
}

describe.each([
  [anthropic, anthropicDocument],
  [openaiChat, chatDocument],
  [openaiResponses, responsesDocument],
] as const)('a $name request', (format, documents) => {
  it('comes out as it went in, with nothing to report', () => {
    fc.assert(
      fc.property(documents, (document) => {
        const { request, again, loss } = rewrite(format, document)
        expect(loss.entries).toEqual([])
        expect(again).toEqual(document)
        expect(format.readRequest(again, new LossReport())).toEqual(request)
      }),
      { numRuns: 150 },
    )
  })

  const targets = Object.values(formats).filter((target) => target !== format)

  it.each(targets)(
    'reaches $name with its text, calls and results in order, and every pointer resolves',
    (target) => {
      fc.assert(
        fc.property(documents, (document) => {
          const loss = new LossReport()
          const request = format.readRequest(document, loss)
          const written = target.writeRequest(request, loss)
          const arrived = target.readRequest(JSON.parse(JSON.stringify(written)), new LossReport())
          expect(said(arrived)).toEqual(said(request))
          expect(loss.entries.every(({ code, detail }) => /^[a-z-]+$/.test(code) && detail !== '')).toBe(true)
          for (const { pointer, code } of loss.entries) {
            if (code !== 'max-tokens-defaulted')
              expect(resolves(document, pointer), `${code} ${pointer}`).toBe(true)
          }
          if ('some_future_field' in document) {
            expect(loss.entries).toContainEqual(
              expect.objectContaining({
                kind: 'dropped',
                code: 'unknown-field',
                pointer: '/some_future_field',
              }),
            )
          }
        }),
        { numRuns: 150 },
      )
    },
  )
})

/** All that was said, called and answered, each kind in order; layout over messages may differ between formats. */
function said(request: ModelRequest): { text: string[]; calls: string[]; results: string[] } {
  const text: string[] = []
  const calls: string[] = []
  const results: string[] = []
  for (const { content } of [...request.system, ...request.messages]) {
    for (const block of content) {
      if (block.type === 'tool_call') calls.push(`${block.id} ${block.name}`)
      if (block.type === 'tool_result') {
        const texts = block.content.flatMap((inner) => (inner.type === 'text' ? [inner.text] : []))
        results.push(
          `${block.callId} ${texts.join('\n').replace(/\(The result follows in (the next|this) message\.\)/, '')}`,
        )
      }
      // A chat message joins its refusals.
      if (block.type === 'refusal') text.push(...(block.text.match(/No\./g) ?? [block.text]))
      if (block.type === 'text') text.push(block.text)
    }
  }
  return { text: text.toSorted(), calls, results }
}

function resolves(document: unknown, pointer: string): boolean {
  let value = document
  for (const step of pointer.split('/').slice(1)) {
    // The one place of a text is its message's content, written as a string.
    if (typeof value === 'string') return step === '0'
    if (typeof value !== 'object' || value === null) return false
    value = (value as Json)[step.replaceAll('~1', '/').replaceAll('~0', '~')]
  }
  return value !== undefined
}
