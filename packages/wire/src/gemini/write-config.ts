import { defined } from '../json/defined.ts'
import { isRecord } from '../json/json-record.ts'
import type { JsonRecord } from '../json/json-record.ts'
import type { Reporter } from '../model/reporter.ts'
import { writeReasoning } from './write-reasoning.ts'

/** The most stop sequences Gemini takes. */
const MAX_STOPS = 5

/** Writes `generationConfig`; empty when nothing was asked for. */
export function writeConfig(to: Reporter): JsonRecord {
  const { request } = to
  return defined({
    temperature: request.temperature,
    topP: request.topP,
    topK: request.topK,
    seed: request.seed,
    maxOutputTokens: request.maxTokens,
    stopSequences: writeStops(to),
    candidateCount: request.n,
    presencePenalty: request.presencePenalty,
    frequencyPenalty: request.frequencyPenalty,
    responseLogprobs: request.logprobs,
    logprobs: request.topLogprobs,
    thinkingConfig: writeReasoning(to),
    ...writeFormat(to),
  })
}

function writeStops(to: Reporter): readonly string[] | undefined {
  const { stopSequences: wanted } = to.request
  if (wanted === undefined || to.isSameFormat) return wanted
  if (wanted.length > MAX_STOPS) {
    const detail = `Gemini takes ${MAX_STOPS} stop sequences; the others were left out.`
    to.add('dropped', 'stop-sequences-limited', { field: 'stopSequences' }, detail)
  }
  return wanted.length === 0 ? undefined : wanted.slice(0, MAX_STOPS)
}

function writeFormat(to: Reporter): JsonRecord {
  const { responseFormat } = to.request
  const place = { field: 'responseFormat' } as const
  if (responseFormat === undefined) return {}
  switch (responseFormat.type) {
    case 'text':
      return to.isSameFormat ? { responseMimeType: 'text/plain' } : {}
    case 'json_object':
      return { responseMimeType: 'application/json' }
    case 'json_schema': {
      // The schema of a Gemini request rides along in its own words.
      if (to.isSameFormat) return { responseMimeType: 'application/json' }
      if (responseFormat.description !== undefined)
        to.add(
          'dropped',
          'schema-description-unsupported',
          place,
          'Gemini takes no description of the schema.',
        )
      if (responseFormat.strict === false)
        to.add('changed', 'schema-always-strict', place, 'Gemini always holds the answer to the schema.')
      return { responseMimeType: 'application/json', responseJsonSchema: responseFormat.schema }
    }
    case 'opaque':
      if (responseFormat.format === 'gemini' && isRecord(responseFormat.value)) return responseFormat.value
      to.add(
        'dropped',
        'response-format-unsupported',
        place,
        'This kind of answer format has no counterpart.',
      )
      return {}
  }
}
