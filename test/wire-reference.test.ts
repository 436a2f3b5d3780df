import { formats, LossReport } from '@agentproxy/wire'
import type { Format, Loss, ModelEvent, WireFormat } from '@agentproxy/wire'
import { describe, expect, test } from 'vitest'
import { ANSWER_BASES, answerFields } from './wire/answer-fields.ts'
import type { FieldCase, Json } from './wire/field-case.ts'
import { geminiRequests, responsesRequests } from './wire/newer-request-fields.ts'
import { anthropicRequests, chatRequests, REQUEST_BASES } from './wire/request-fields.ts'

// Every field of every format, sent to every other format: what came of it is written into docs/reference/wire.md, and a
// field that vanishes without a report fails. `npm run docs:wire` writes the page anew.

const PAGE = '../docs/reference/wire.md'
const ALL = Object.values(formats)
const MODELS: Readonly<Record<WireFormat, string>> = {
  anthropic: 'claude-sonnet-4-5',
  'openai-chat': 'gpt-5.5',
  'openai-responses': 'gpt-5.5',
  gemini: 'gemini-2.5-pro',
}
const TITLES: Readonly<Record<WireFormat, string>> = {
  anthropic: 'Anthropic Messages (`anthropic`)',
  'openai-chat': 'OpenAI Chat Completions (`openai-chat`)',
  'openai-responses': 'OpenAI Responses (`openai-responses`)',
  gemini: 'Gemini generateContent (`gemini`)',
}
const REQUESTS: Readonly<Record<WireFormat, readonly FieldCase[]>> = {
  anthropic: anthropicRequests,
  'openai-chat': chatRequests,
  'openai-responses': responsesRequests,
  gemini: geminiRequests,
}

interface Translated {
  readonly written: unknown
  readonly losses: readonly Loss[]
}

function translateRequest(source: Format, target: Format, document: Json): Translated {
  const loss = new LossReport()
  const read = source.readRequest(document, loss)
  const request = { ...read, model: MODELS[target.name] }
  return { written: plain(target.writeRequest(request, loss)), losses: loss.entries }
}

function translateAnswer(source: Format, target: Format, document: Json): Translated {
  const loss = new LossReport()
  const events: readonly ModelEvent[] = source.readResponse(document)
  const error = events.find((event) => event.type === 'error')
  if (error !== undefined) return { written: target.writeError(error.error), losses: [] }
  return { written: plain(target.writeResponse(events, loss, { created: 1 })), losses: loss.entries }
}

function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value)) as unknown
}

/** Paths at which two documents differ, without the places of lists. */
function differences(before: unknown, after: unknown, path = ''): string[] {
  if (JSON.stringify(before) === JSON.stringify(after)) return []
  if (!isObject(before) || !isObject(after)) return [path]
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])]
  return keys.flatMap((key) => {
    const step = Array.isArray(after) || Array.isArray(before) ? '[]' : path === '' ? key : `.${key}`
    return differences(before[key], after[key], path + step)
  })
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null
}

type Translate = (source: Format, target: Format, document: Json) => Translated

/** What became of a field: where it is said, what was reported, or null when it vanished without a word. */
function outcome(
  one: FieldCase,
  base: Json,
  [source, target, translate]: readonly [Format, Format, Translate],
): string | null {
  const plainly = translate(source, target, base)
  const said = translate(source, target, { ...base, ...one.sample })
  const known = new Set(plainly.losses.map(({ code, pointer }) => code + pointer))
  const losses = said.losses.filter(({ code, pointer }) => !known.has(code + pointer))
  const paths = [...new Set(differences(plainly.written, said.written))]
  const reports = [...new Set(losses.map(({ kind, code }) => `${kind}: \`${code}\``))]
  const isDropped = losses.length > 0 && losses.every(({ kind }) => kind === 'dropped')
  const shown = paths.slice(0, 3).map((path) => `\`${path}\``)
  if (paths.length > 3) shown.push('…')
  if (isDropped && paths.length === 0) return reports.join(', ')
  if (paths.length > 0) return [shown.join(' '), ...reports].join('; ')
  if (reports.length > 0) return reports.join(', ')
  const reason = one.nothingLost?.[target.name]
  return reason === undefined ? null : `nothing lost: ${reason}`
}

interface Row {
  readonly field: string
  readonly cells: readonly (string | null)[]
}

function rowsOf(
  source: Format,
  cases: readonly FieldCase[],
  [base, translate]: readonly [Json, Translate],
): Row[] {
  const targets = ALL.filter((target) => target !== source)
  return cases.map((one) => ({
    field: one.field,
    cells: targets.map((target) => outcome(one, base, [source, target, translate])),
  }))
}

function table(source: Format, rows: readonly Row[]): string {
  const names = ALL.filter((target) => target !== source).map(({ name }) => name)
  const lines = rows.map(
    ({ field, cells }) => `| ${[field, ...cells.map((cell) => cell ?? 'LOST')].join(' | ')} |`,
  )
  return [`| field | ${names.join(' | ')} |`, `| --- |${' --- |'.repeat(names.length)}`, ...lines].join('\n')
}

const requestRows = (source: Format): Row[] =>
  rowsOf(source, REQUESTS[source.name], [REQUEST_BASES[source.name], translateRequest])
const answerRows = (source: Format): Row[] =>
  rowsOf(source, answerFields[source.name], [ANSWER_BASES[source.name], translateAnswer])

describe.each(ALL)('a field of $name', (source) => {
  test('of a request never vanishes without a report', () => {
    expect(requestRows(source).filter(({ cells }) => cells.includes(null))).toEqual([])
  })

  test('of an answer never vanishes without a report', () => {
    expect(answerRows(source).filter(({ cells }) => cells.includes(null))).toEqual([])
  })

  test('goes back to its own format as it came', () => {
    for (const { sample } of REQUESTS[source.name]) {
      const loss = new LossReport()
      const read = source.readRequest({ ...REQUEST_BASES[source.name], ...sample }, loss)
      const again = plain(source.writeRequest(read, loss))
      // Gemini gets camelCase for snake_case, which it takes both.
      expect(again).toMatchObject('system_instruction' in sample ? {} : sample)
      expect(loss.entries).toEqual([])
    }
  })
})

test('the reference page says what the code does', async () => {
  const sections = ALL.map((source) =>
    [
      `## ${TITLES[source.name]}`,
      '### Requests',
      table(source, requestRows(source)),
      '### Answers',
      table(source, answerRows(source)),
    ].join('\n\n'),
  )
  const intro = `# Wire formats, field by field

Made by \`npm run docs:wire\` from \`test/wire/\`, which sends every field through the code; do not edit. A cell says where
the field is said in the other format (\`[]\` stands for any place of a list), and what the loss report names: \`dropped\`,
\`changed\`, or \`emulated\`, which is rebuilt by other means. To the same format every field goes as it came. Requests were
written for ${ALL.map(({ name }) => `\`${MODELS[name]}\``)
    .filter((name, index, all) => all.indexOf(name) === index)
    .join(', ')}; some outcomes depend on the model.`
  await expect(`${[intro, ...sections].join('\n\n')}\n`).toMatchFileSnapshot(PAGE)
})
