import {
  arrayAt,
  isRecord,
  optionalBoolean,
  optionalNumber,
  recordAt,
  stringAt,
} from '../json/json-record.ts'
import type { JsonRecord } from '../json/json-record.ts'
import type { ModelRequest, Reasoning, ResponseFormat } from '../model/request.ts'
import { geminiExtras } from './extras.ts'
import { readSchema } from './read-schema.ts'

const AT = '/generationConfig'

interface ReadConfig {
  readonly fields: Partial<ModelRequest>
  /** What was not understood. */
  readonly rest: JsonRecord
  /** Fields of `rest` that were understood and ride along for their spelling. */
  readonly spelling: readonly string[]
}

/** Reads `generationConfig`. https://ai.google.dev/api/generate-content#generationconfig */
export function readConfig(value: unknown): ReadConfig {
  if (value === undefined || value === null) return { fields: {}, rest: {}, spelling: [] }
  const { thinkingConfig, responseMimeType, responseSchema, responseJsonSchema, ...numbers } = recordAt(
    value,
    AT,
  )
  const { fields, rest } = readSampling(numbers)
  const schemas = { responseSchema, responseJsonSchema }
  const responseFormat = readFormat(responseMimeType, schemas)
  const isRead = responseFormat?.type === 'json_schema'
  // A schema rides along too: Gemini gets it back in the words it came in.
  const riding = isRead || responseFormat === undefined ? schemas : {}
  const kept = Object.entries(riding).filter(([, schema]) => schema !== undefined)
  return {
    fields: { ...fields, responseFormat, reasoning: readReasoning(thinkingConfig) },
    rest: { ...rest, ...Object.fromEntries(kept) },
    spelling: isRead ? kept.map(([key]) => key) : [],
  }
}

function readSampling(config: JsonRecord): { fields: Partial<ModelRequest>; rest: JsonRecord } {
  const { temperature, topP, topK, seed, maxOutputTokens, stopSequences, candidateCount, ...more } = config
  const { presencePenalty, frequencyPenalty, responseLogprobs, logprobs, ...rest } = more
  const number = (name: string, value: unknown): number | undefined => optionalNumber(value, `${AT}/${name}`)
  const fields = {
    maxTokens: number('maxOutputTokens', maxOutputTokens),
    temperature: number('temperature', temperature),
    topP: number('topP', topP),
    topK: number('topK', topK),
    seed: number('seed', seed),
    presencePenalty: number('presencePenalty', presencePenalty),
    frequencyPenalty: number('frequencyPenalty', frequencyPenalty),
    n: number('candidateCount', candidateCount),
    logprobs: optionalBoolean(responseLogprobs, `${AT}/responseLogprobs`),
    topLogprobs: number('logprobs', logprobs),
    stopSequences: readStops(stopSequences),
  }
  return { fields, rest }
}

function readStops(value: unknown): string[] | undefined {
  if (value === undefined || value === null) return undefined
  return arrayAt(value, `${AT}/stopSequences`).map((stop, index) =>
    stringAt(stop, `${AT}/stopSequences/${index}`),
  )
}

/** A combination that makes no sense, or a type such as `text/x.enum`, rides along whole. */
function readFormat(mimeType: unknown, schemas: JsonRecord): ResponseFormat | undefined {
  const { responseSchema, responseJsonSchema } = schemas
  const schema = responseJsonSchema ?? responseSchema
  if (mimeType === undefined) return undefined
  if (mimeType === 'application/json') {
    if (schema === undefined) return { type: 'json_object' }
    // Gemini's schemas leave objects open, which what others call strict forbids.
    if (isRecord(schema)) return { type: 'json_schema', schema: readSchema(schema), strict: false }
  }
  if (mimeType === 'text/plain' && schema === undefined) return { type: 'text' }
  const fields = Object.entries({ responseMimeType: mimeType, ...schemas }).filter(
    ([, one]) => one !== undefined,
  )
  return { type: 'opaque', format: 'gemini', value: Object.fromEntries(fields) }
}

/** A budget of 0 is no thinking, -1 as much as the model likes. */
function readReasoning(value: unknown): Reasoning | undefined {
  if (!isRecord(value)) return undefined
  const { thinkingBudget, thinkingLevel, ...rest } = value
  const budget = optionalNumber(thinkingBudget, `${AT}/thinkingConfig/thinkingBudget`)
  const effort = typeof thinkingLevel === 'string' ? thinkingLevel.toLowerCase() : undefined
  // The API knows the level in both cases.
  const level = effort === undefined || effort === thinkingLevel ? {} : { thinkingLevel }
  return {
    mode: budget === 0 ? 'disabled' : budget === -1 ? 'adaptive' : undefined,
    budgetTokens: budget === 0 || budget === -1 ? undefined : budget,
    effort,
    extras: geminiExtras({ ...rest, ...level }, {}, ['thinkingLevel']),
  }
}
