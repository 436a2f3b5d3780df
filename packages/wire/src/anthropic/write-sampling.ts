import { defined } from '../json/defined.ts'
import type { Reporter } from '../model/reporter.ts'
import type { ModelRequest } from '../model/request.ts'

/** Fields the Messages format has no place for, with the value that asks for nothing. */
const UNSUPPORTED: readonly (readonly [keyof ModelRequest, string, unknown])[] = [
  ['seed', 'seed-unsupported', undefined],
  ['frequencyPenalty', 'frequency-penalty-unsupported', 0],
  ['presencePenalty', 'presence-penalty-unsupported', 0],
  ['logprobs', 'logprobs-unsupported', false],
  ['topLogprobs', 'top-logprobs-unsupported', 0],
  ['n', 'n-unsupported', 1],
]

/** Temperature and its kin. `thinks`: whether thinking is on, which rules out most of them. */
export function writeSampling(thinks: boolean, to: Reporter): Record<string, unknown> {
  const { request } = to
  for (const [field, code, neutral] of UNSUPPORTED) {
    if (request[field] !== undefined && request[field] !== neutral) {
      to.add('dropped', code, { field }, `The Messages format has no ${field}.`)
    }
  }
  if (to.isSameFormat) {
    const { temperature, topP, topK, stopSequences, serviceTier } = request
    return defined({
      temperature,
      top_p: topP,
      top_k: topK,
      stop_sequences: stopSequences,
      service_tier: serviceTier,
    })
  }
  return defined({
    temperature: writeTemperature(thinks, to),
    ...writeTops(thinks, to),
    stop_sequences: writeStops(to),
    service_tier: writeServiceTier(to),
  })
}

function writeTemperature(thinks: boolean, to: Reporter): number | undefined {
  const { temperature: wanted } = to.request
  if (wanted === undefined || wanted === 1) return wanted
  const place = { field: 'temperature' } as const
  if (thinks) {
    to.add('dropped', 'temperature-with-thinking', place, 'Thinking allows no temperature but 1.')
    return undefined
  }
  if (wanted > 1) to.add('changed', 'temperature-clamped', place, `Messages ends at 1; ${wanted} became 1.`)
  return Math.min(wanted, 1)
}

/** Beside thinking Messages takes no `top_k`, and of `top_p` only 0.95 to 1. */
function writeTops(
  thinks: boolean,
  to: Reporter,
): { top_p?: number | undefined; top_k?: number | undefined } {
  const { topP, topK } = to.request
  if (!thinks) return { top_p: topP, top_k: topK }
  if (topK !== undefined)
    to.add('dropped', 'top-k-with-thinking', { field: 'topK' }, 'Thinking allows no top_k.')
  if (topP === undefined || topP >= 0.95) return { top_p: topP }
  to.add('dropped', 'top-p-with-thinking', { field: 'topP' }, 'Thinking allows no top_p below 0.95.')
  return {}
}

function writeStops(to: Reporter): readonly string[] | undefined {
  const { stopSequences } = to.request
  const legal = stopSequences?.filter((stop) => stop.trim() !== '')
  if (legal !== undefined && legal.length !== stopSequences?.length) {
    to.add(
      'dropped',
      'blank-stop-unsupported',
      { field: 'stopSequences' },
      'Messages refuses stop sequences of white space only.',
    )
  }
  return legal?.length === 0 ? undefined : legal
}

function writeServiceTier(to: Reporter): string | undefined {
  const { serviceTier: wanted } = to.request
  if (wanted === undefined || wanted === 'auto') return wanted
  if (wanted === 'default') return 'standard_only'
  to.add(
    'dropped',
    'service-tier-unsupported',
    { field: 'serviceTier' },
    `Anthropic has no service tier "${wanted}".`,
  )
  return undefined
}
