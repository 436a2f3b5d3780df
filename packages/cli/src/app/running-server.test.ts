import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { announceServer, askServer, findServer } from './running-server.ts'

let stateDir = ''
beforeEach(async () => {
  stateDir = await mkdtemp(path.join(tmpdir(), 'agentproxy-state-'))
})
afterEach(() => rm(stateDir, { recursive: true, force: true }))

const file = (): string => path.join(stateDir, 'serve.json')

describe('a server', () => {
  test('is found, by its user alone, until it takes that back', async () => {
    expect(await findServer(stateDir)).toBeNull()
    const undo = await announceServer(stateDir, 'http://127.0.0.1:9')
    expect(await findServer(stateDir)).toEqual({ url: 'http://127.0.0.1:9', pid: process.pid })
    expect((await stat(file())).mode & 0o077).toBe(0)
    await undo()
    expect(await readdir(stateDir)).toEqual([])
  })

  test('that was killed is not found, and what it left is removed', async () => {
    const child = spawn(process.execPath, ['-e', ''])
    await once(child, 'exit')
    await writeFile(file(), JSON.stringify({ url: 'http://127.0.0.1:9', pid: child.pid }))
    expect(await findServer(stateDir)).toBeNull()
    expect(await readdir(stateDir)).toEqual([])
  })

  test('that was replaced by another leaves its file alone', async () => {
    const undo = await announceServer(stateDir, 'http://127.0.0.1:9')
    await writeFile(file(), JSON.stringify({ url: 'http://127.0.0.1:8', pid: process.ppid }))
    await undo()
    expect(await findServer(stateDir)).toMatchObject({ url: 'http://127.0.0.1:8' })
  })
})

async function serverThat(status: number, body: string) {
  const heard: string[] = []
  const server = createServer((request, response) => {
    heard.push(`${request.method} ${request.url} ${request.headers.authorization}`)
    response.writeHead(status).end(body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return { heard, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, pid: process.pid }
}

describe('asking it', () => {
  const request = { token: 't0ken', plugin: 'hello', action: 'reload' } as const

  test('is a POST with the token', async () => {
    const server = await serverThat(200, '{}')
    expect(await askServer(server, request)).toBe(true)
    expect(server.heard).toEqual(['POST /plugins/hello/reload Bearer t0ken'])
  })

  test('about a plugin it does not know gives false', async () => {
    expect(await askServer(await serverThat(404, '{}'), request)).toBe(false)
  })

  test('gives the reason when it refuses, and says so when nobody answers', async () => {
    const refusing = await serverThat(409, '{"error":{"message":"it is needed by top"}}')
    await expect(askServer(refusing, request)).rejects.toMatchObject({
      code: 'SERVER_REFUSED',
      message: `the server at ${refusing.url} did not reload hello: it is needed by top`,
    })
    const gone = { url: 'http://127.0.0.1:9', pid: 1 }
    await expect(askServer(gone, request)).rejects.toMatchObject({ code: 'SERVER_MISSING' })
  })
})
