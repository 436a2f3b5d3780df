import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { onTestFinished } from 'vitest'

interface Posted {
  readonly method: string | undefined
  readonly path: string | undefined
  readonly type: string | undefined
  readonly body: unknown
}

export interface Webhook {
  readonly url: string
  readonly posted: readonly Posted[]
}

/** A server that keeps what is posted and answers with this status, after this many milliseconds. */
export async function startWebhook(status: number, delayMs = 0): Promise<Webhook> {
  const posted: Posted[] = []
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const text = await textOf(request)
    await sleep(delayMs)
    const { method, url: path, headers } = request
    posted.push({ method, path, type: headers['content-type'], body: JSON.parse(text) })
    response.writeHead(status).end('no more to say')
  }
  const server = createServer((request, response) => void answer(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}/services/T000/s3cr3t`, posted }
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}
