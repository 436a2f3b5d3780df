import type { ExchangeEnd } from '@agentproxy/plugin'
import type { AccessLogFormat } from './config.ts'

export interface Visit {
  readonly end: ExchangeEnd
  readonly at: Date
  /** null where the request was refused before it was understood. */
  readonly asked: { readonly method: string; readonly path: string } | null
}

/** One line without its end. Headers, bodies and queries are not among what it is made of, so no secret can be. */
export function writeLine(visit: Visit, format: AccessLogFormat): string {
  switch (format) {
    case 'common':
      return commonLine(visit)
    case 'combined':
      // Neither the referrer nor the program is told to plugins.
      return `${commonLine(visit)} "-" "-"`
    case 'structured':
      return structuredLine(visit)
  }
}

/** The Common Log Format of the NCSA server: host, identity, user, time, request, status, bytes. */
function commonLine({ end, at, asked }: Visit): string {
  const request = asked === null ? '-' : `${escape(asked.method)} ${escape(asked.path)} HTTP/1.1`
  const user = escape(end.identity.taskId ?? end.identity.kind).replaceAll(' ', '\\x20')
  return `- - ${user} [${clfTime(at)}] "${request}" ${end.status} -`
}

function structuredLine({ end, at, asked }: Visit): string {
  const { identity, usage } = end
  return JSON.stringify({
    time: at.toISOString(),
    exchange: end.exchangeId,
    user: identity.kind,
    task: identity.taskId,
    method: asked?.method ?? null,
    path: asked?.path ?? null,
    status: end.status,
    outcome: end.outcome,
    reason: end.reason,
    format: end.clientFormat,
    upstreamFormat: end.upstreamFormat,
    provider: end.provider,
    model: end.model,
    stream: end.stream,
    simulated: end.simulated,
    inputTokens: usage?.inputTokens ?? null,
    outputTokens: usage?.outputTokens ?? null,
    costUsd: end.costUsd,
    firstByteMs: end.firstByteMs === null ? null : Math.round(end.firstByteMs),
    durationMs: Math.round(end.durationMs),
  })
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const

function clfTime(at: Date): string {
  const [date = '', time = ''] = at.toISOString().split('T')
  const [year, , day] = date.split('-')
  return `${day}/${MONTHS[at.getUTCMonth()]}/${year}:${time.slice(0, 8)} +0000`
}

/** As servers escape it: what a caller wrote must neither end a field nor a line, nor speak to a terminal. */
function escape(text: string): string {
  return text.replace(/[^\x20-\x7e]|["\\]/g, (character) =>
    [...Buffer.from(character)].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join(''),
  )
}
