import type { IncomingHttpHeaders } from 'node:http'
import { isModelAllowed } from '../access/virtual-key.ts'
import { estimateTokens } from '../count/estimate-tokens.ts'
import type { RoutingRule } from './routing-options.ts'

export interface RuledRequest {
  /** As the client wrote it. */
  readonly model: string
  readonly headers: IncomingHttpHeaders
  readonly bytes: Buffer
}

/** Words by which a client marks a request for the rules, separated by commas. */
const TAG_HEADER = 'x-agentproxy-tag'

/** The name to look for instead of the client's: that of the first rule whose conditions all hold; else the client's own. */
export function ruledModel(rules: readonly RoutingRule[], request: RuledRequest): string {
  if (rules.length === 0) return request.model
  let tokens: number | null = null
  const countTokens = (): number => (tokens ??= tokensOf(request.bytes))
  return rules.find(({ when }) => holds(when, request, countTokens))?.use ?? request.model
}

function holds(
  { model, tag, headers = {}, inputTokensAbove }: RoutingRule['when'],
  request: RuledRequest,
  countTokens: () => number,
): boolean {
  if (model !== undefined && !matches(model, request.model)) return false
  if (tag !== undefined && !tagsIn(request.headers).includes(tag)) return false
  for (const [name, pattern] of Object.entries(headers)) {
    const value = request.headers[name.toLowerCase()]
    if (value === undefined || !matches(pattern, String(value))) return false
  }
  // Last, since it reads the whole request.
  return inputTokensAbove === undefined || countTokens() > inputTokensAbove
}

function matches(pattern: string, text: string): boolean {
  return isModelAllowed([pattern], [text])
}

function tagsIn(headers: IncomingHttpHeaders): readonly string[] {
  return String(headers[TAG_HEADER] ?? '')
    .split(',')
    .map((tag) => tag.trim())
}

function tokensOf(bytes: Buffer): number {
  try {
    return estimateTokens(JSON.parse(bytes.toString()) as Readonly<Record<string, unknown>>)
  } catch {
    // The upstream says what is wrong with it.
    return 0
  }
}
