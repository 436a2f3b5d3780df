import { type IncomingMessage, type ServerResponse, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'
import type { ModelAccess } from '../loop/task-run.ts'

interface Asked {
  readonly path: string | undefined
  readonly authorization: string | undefined
  readonly body: {
    readonly model: string
    readonly messages: readonly { readonly role: string; readonly content: string }[]
  }
}

const issueToken = (taskId: string, purpose: string) => `${purpose} token of ${taskId}`

/** A gateway that answers each request with the next of `answers`, the last one again and again; a number is a status, a string the model's words. */
export async function answering(
  answers: readonly (string | number)[],
): Promise<{ models: ModelAccess; asked: Asked[] }> {
  const asked: Asked[] = []
  const answerNext = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = JSON.parse(await textOf(request)) as Asked['body']
    asked.push({ path: request.url, authorization: request.headers.authorization, body })
    const answer = answers[Math.min(asked.length, answers.length) - 1] ?? 500
    response.writeHead(typeof answer === 'number' ? answer : 200, { 'content-type': 'application/json' })
    response.end(
      JSON.stringify(
        typeof answer === 'number'
          ? { error: 'down' }
          : { choices: [{ message: { role: 'assistant', content: answer } }] },
      ),
    )
  }
  const server = createServer((request, response) => void answerNext(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const { port } = server.address() as AddressInfo
  return { models: { url: `http://127.0.0.1:${port}`, issueToken, revokeTokens() {} }, asked }
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}
