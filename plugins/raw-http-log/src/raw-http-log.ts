import { randomUUID } from 'node:crypto'
import { definePlugin } from '@agentproxy/plugin'
import { Capture, tapBody } from './capture.ts'
import { config } from './config.ts'
import { RecordFolder } from './record-folder.ts'
import { createRedactor } from './redact.ts'
import type { Redactor } from './redact.ts'
import { UpstreamSide } from './upstream-side.ts'

const EXCHANGE_ID = /^[\w-]{1,64}$/

interface Log {
  readonly folder: RecordFolder
  readonly redactor: Redactor
  readonly upstream: UpstreamSide
  readonly maxBodyBytes: number
  /** Records that wait for the upstream's side of theirs. */
  readonly pending: Set<Promise<void>>
}

/**
 * Requests and answers on both sides of the gateway, redacted, one file each. For looking into a problem: middleware and
 * parsed bodies cost, so it does nothing unless a folder is named.
 */
export const rawHttpLog = definePlugin({
  name: 'raw-http-log',
  version: '0.1.0',
  description: 'Requests and answers as they were, redacted, one file each',
  config,
  setup(ctx) {
    const { folder: path, maxBodyBytes, maxFolderBytes } = ctx.config
    if (path === null) return
    const folder = new RecordFolder({
      folder: path,
      maxBytes: maxFolderBytes,
      failed: (reason) => ctx.log.warn('The raw HTTP log cannot be written', { folder: path, reason }),
    })
    const upstream = new UpstreamSide()
    const log: Log = {
      folder,
      redactor: createRedactor(process.env),
      upstream,
      maxBodyBytes,
      pending: new Set(),
    }
    ctx.onDispose(async () => {
      await Promise.all(log.pending)
      await folder.settled()
    })
    ctx.health(() =>
      folder.failing
        ? { status: 'warn', output: 'The raw HTTP log cannot be written.', details: { lost: folder.lost } }
        : { status: 'pass', details: { lost: folder.lost } },
    )
    ctx.middleware('security', (request, next) => serveLogged(log, request, next))
    ctx.hook('request.prepare', (payload) => upstream.prepared(payload), { order: 'post', needsBody: true })
    ctx.hook('upstream.call', (call, next) => upstream.called(call, next), {
      order: 'post',
      needsAnswer: true,
    })
  },
})

async function serveLogged(
  log: Log,
  request: Request,
  next: (request?: Request) => Promise<Response>,
): Promise<Response> {
  const at = new Date()
  const asked = new Capture(log.maxBodyBytes)
  const answered = new Capture(log.maxBodyBytes)
  const finish = (response: Response | null, failure: string | null): void => {
    const recorded = record(log, { at, request, asked, response, answered, failure }).finally(() =>
      log.pending.delete(recorded),
    )
    log.pending.add(recorded)
  }
  const tapped = tapRequest(request, asked)
  try {
    const response = await next(tapped)
    if (response.body === null) {
      answered.end('whole')
      finish(response, null)
      return response
    }
    return new Response(
      tapBody(response.body, answered, () => finish(response, null)),
      response,
    )
  } catch (error) {
    finish(null, (error as Error).message)
    throw error
  }
}

function tapRequest(request: Request, capture: Capture): Request {
  const { body, method } = request
  return body === null
    ? request
    : new Request(request, { method, body: tapBody(body, capture), duplex: 'half' })
}

interface Visit {
  readonly at: Date
  readonly request: Request
  readonly asked: Capture
  readonly response: Response | null
  readonly answered: Capture
  /** Why there is no answer. */
  readonly failure: string | null
}

async function record(log: Log, visit: Visit): Promise<void> {
  const { at, request, asked, response, answered, failure } = visit
  const { text, headers } = log.redactor
  const durationMs = Date.now() - at.getTime()
  const given = response?.headers.get('x-agentproxy-exchange') ?? ''
  const id = EXCHANGE_ID.test(given) ? given : `request-${randomUUID()}`
  const upstream = await log.upstream.take(id, log.redactor, log.maxBodyBytes)
  log.folder.add(at, id, () =>
    JSON.stringify(
      {
        id,
        at: at.toISOString(),
        durationMs,
        request: {
          method: request.method,
          url: text(request.url),
          headers: headers(request.headers),
          body: asked.read(text),
        },
        upstream,
        response:
          response === null
            ? null
            : { status: response.status, headers: headers(response.headers), body: answered.read(text) },
        failure: failure === null ? null : text(failure),
      },
      null,
      2,
    ),
  )
}
