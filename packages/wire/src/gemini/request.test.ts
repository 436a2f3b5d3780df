import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { anthropic, gemini, LossReport, openaiChat } from '../index.ts'
import type { ModelRequest } from '../index.ts'
import { geminiDocument } from './request-documents.test-support.ts'

type Json = Record<string, unknown>

/** All that was said, called and answered, each kind in order; layout over messages may differ between formats. */
function said({ system, messages }: ModelRequest): { text: string[]; calls: string[]; results: string[] } {
  const blocks = [...system, ...messages].flatMap((message) => message.content)
  return {
    text: blocks.flatMap((block) => (block.type === 'text' ? [block.text] : [])).toSorted(),
    calls: blocks.flatMap((block) =>
      block.type === 'tool_call' ? [`${block.id} ${block.name} ${block.arguments}`] : [],
    ),
    results: blocks.flatMap((block) => {
      if (block.type !== 'tool_result') return []
      const texts = block.content.flatMap((inner) => (inner.type === 'text' ? [inner.text] : []))
      return [`${block.callId} ${texts.join('\n')}`]
    }),
  }
}

function valueAt(document: unknown, pointer: string): unknown {
  return pointer
    .split('/')
    .slice(1)
    .reduce<unknown>((value, step) => {
      const key = step.replaceAll('~1', '/').replaceAll('~0', '~')
      return typeof value === 'object' && value !== null ? (value as Json)[key] : undefined
    }, document)
}

describe('a gemini request', () => {
  it('comes out as it went in, with nothing to report', () => {
    fc.assert(
      fc.property(geminiDocument, (document) => {
        const loss = new LossReport()
        const request = gemini.readRequest(document, loss)
        const again = gemini.writeRequest(request, loss)
        expect(loss.entries).toEqual([])
        expect(JSON.parse(JSON.stringify(again))).toEqual(document)
        expect(gemini.readRequest(again, new LossReport())).toEqual(request)
      }),
      { numRuns: 200 },
    )
  })

  it.each([anthropic, openaiChat])(
    'reaches $name with its text, calls and results in order, and every loss is found in the document',
    (target) => {
      fc.assert(
        fc.property(geminiDocument, (document) => {
          const loss = new LossReport()
          const request = { ...gemini.readRequest(document, loss), model: 'm' }
          const written = target.writeRequest(request, loss)
          const arrived = target.readRequest(JSON.parse(JSON.stringify(written)), new LossReport())
          expect(said(arrived)).toEqual(said(request))
          for (const { pointer, code } of loss.entries) {
            if (code !== 'max-tokens-defaulted')
              expect(valueAt(document, pointer), `${code} ${pointer}`).toBeDefined()
          }
          const reported = loss.entries.map(({ pointer }) => pointer)
          for (const field of ['someFutureField', 'safetySettings', 'labels', 'cachedContent'])
            if (field in document) expect(reported).toContain(`/${field}`)
          if (valueAt(document, '/generationConfig/responseModalities') !== undefined)
            expect(reported).toContain('/generationConfig/responseModalities')
        }),
        { numRuns: 150 },
      )
    },
  )
})
