import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { scriptedServer } from '../testing/scripted-server.ts'

const words = fc.constantFrom(
  'fix it',
  'again',
  '<system-reminder>note</system-reminder>',
  'index = 1',
  'accepted: true',
)
const names = fc.constantFrom('read_file', 'Read', 'edit_file', 'run_command', 'other')
const round = fc.record({ said: words, tool: names, result: words, failed: fc.boolean() })

test('the same conversation gets the same answer, whatever it is', async () => {
  const url = await scriptedServer()
  const scenario = fc.constantFrom('fix', 'claims-done', 'breaks-tests', 'loops', 'reasoner')
  const offered = fc.uniqueArray(names)
  await fc.assert(
    fc.asyncProperty(
      scenario,
      offered,
      words,
      fc.array(round, { maxLength: 4 }),
      async (model, tools, first, rounds) => {
        const body = {
          model,
          max_tokens: 100,
          tools: tools.map((name) => ({ name, input_schema: { type: 'object' } })),
          messages: [{ role: 'user', content: first }, ...rounds.flatMap(asMessages)],
        }
        const answers = [await post(url, body), await post(url, body), await post(url, body)]
        expect(answers[1]).toEqual(answers[0])
        expect(answers[2]).toEqual(answers[0])
        expect(answers[0]).toMatch(/\[simulated\]/)
      },
    ),
    { numRuns: 60 },
  )
})

function asMessages(
  value: { said: string; tool: string; result: string; failed: boolean },
  index: number,
): unknown[] {
  const id = `call_${index}`
  const result = { type: 'tool_result', tool_use_id: id, content: value.result, is_error: value.failed }
  return [
    {
      role: 'assistant',
      content: [
        { type: 'text', text: value.said },
        { type: 'tool_use', id, name: value.tool, input: {} },
      ],
    },
    { role: 'user', content: [result] },
  ]
}

async function post(url: string, body: unknown): Promise<string> {
  const response = await fetch(`${url}/v1/messages`, { method: 'POST', body: JSON.stringify(body) })
  return response.text()
}
