import { describe, expect, it } from 'vitest'
import { anthropic, gemini, LossReport, openaiChat } from '../index.ts'
import type { Format } from '../index.ts'

type Json = Record<string, unknown>

function translate(from: Format, to: Format, document: Json): { body: Json; codes: string[] } {
  const loss = new LossReport()
  const body = to.writeRequest(from.readRequest(document, loss), loss)
  return { body: JSON.parse(JSON.stringify(body)) as Json, codes: loss.entries.map(({ code }) => code) }
}

describe('thoughts', () => {
  const answer = {
    candidates: [
      {
        content: {
          role: 'model',
          parts: [
            { text: 'hm', thought: true },
            { text: 'Yes.' },
            { functionCall: { name: 'f', args: { a: 1 } }, thoughtSignature: 'CgSigned==' },
            { functionCall: { name: 'f', args: { a: 2 } } },
          ],
        },
        finishReason: 'STOP',
        index: 0,
      },
    ],
    responseId: 'r1',
  }

  it('of Gemini and the signatures on its calls pass through a Messages client, to the parts they were on', () => {
    const shown = anthropic.writeResponse(gemini.readResponse(answer), new LossReport())
    const messages = [
      { role: 'user', content: 'hi' },
      { role: 'assistant', content: shown['content'] },
    ]
    const { body, codes } = translate(anthropic, gemini, {
      model: 'gemini-3.1-pro',
      max_tokens: 9,
      messages,
    })
    const [, turn] = body['contents'] as Json[]
    expect(turn).toEqual(answer.candidates[0]?.content)
    expect(codes).toEqual([])
    const native = translate(anthropic, anthropic, { model: 'claude', max_tokens: 9, messages })
    expect(JSON.stringify(native.body)).not.toContain('CgSigned')
    expect(native.codes).toEqual(['thinking-foreign', 'thinking-foreign'])
  })

  it('of Claude pass through a Gemini client in a mark of base64, back to Claude and never to Google', () => {
    const content = [
      { type: 'thinking', thinking: 'hm', signature: 'claude-signed' },
      { type: 'text', text: 'Yes.' },
    ]
    const events = anthropic.readResponse({ id: 'm', model: 'c', content, stop_reason: 'end_turn' })
    const shown = gemini.writeResponse(events, new LossReport())
    const [candidate] = shown['candidates'] as { content: { parts: Json[] } }[]
    const mark = String(candidate?.content.parts[0]?.['thoughtSignature'])
    expect(Buffer.from(mark, 'base64').toString('base64')).toBe(mark)
    const document = { contents: [candidate?.content] }
    expect(translate(gemini, anthropic, document).body['messages']).toEqual([{ role: 'assistant', content }])
    const google = translate(gemini, gemini, document)
    expect(google.body['contents']).toEqual([{ role: 'model', parts: [{ text: 'Yes.' }] }])
    expect(google.codes).toEqual(['thinking-foreign'])
  })

  it('of a server that signs nothing pass through a Gemini client back to it', () => {
    const message = { reasoning_content: 'hm', content: 'Yes.' }
    const events = openaiChat.readResponse({ choices: [{ message, finish_reason: 'stop' }] })
    const shown = gemini.writeResponse(events, new LossReport())
    const [candidate] = shown['candidates'] as { content: Json }[]
    const document = { contents: [candidate?.content] }
    expect(translate(gemini, openaiChat, document).body['messages']).toEqual([
      { role: 'assistant', ...message },
    ])
    expect(translate(gemini, anthropic, document).codes).toEqual(['max-tokens-defaulted', 'thinking-foreign'])
  })
})
