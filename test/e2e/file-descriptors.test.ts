import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { createBench } from './bench.ts'

const run = promisify(execFile)
const canLimit = await run('prlimit', ['--version']).then(
  () => true,
  () => false,
)

/** Processor time of a process, in hundredths of a second (proc(5), fields 14 and 15). */
async function cpuTicks(pid: number): Promise<number> {
  const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ')[1]?.split(' ') ?? []
  return Number(fields[11]) + Number(fields[12])
}

test.skipIf(!canLimit)(
  'a server without a file descriptor left does not spin, and serves once there is one',
  async () => {
    const bench = await createBench()
    onTestFinished(() => bench.dispose())
    const server = bench.start(['serve', '--port', '0', '--json', '--no-watch'], { bin: 'agentproxy' })
    const { url } = JSON.parse(await server.line((line) => line.includes('"listening"'))) as { url: string }
    const pid = server.child.pid ?? 0
    await run('prlimit', ['--pid', String(pid), '--nofile=64:64'])
    const health = () =>
      fetch(`${url}/livez`, { headers: { connection: 'close' }, signal: AbortSignal.timeout(1_000) }).then(
        ({ status }) => status,
        () => 0,
      )
    expect(await health()).toBe(200)
    const sockets = Array.from({ length: 120 }, (): Socket => {
      const socket = connect(Number(new URL(url).port), '127.0.0.1')
      return socket.on('error', () => {})
    })
    await Promise.all(sockets.map((socket) => Promise.race([once(socket, 'connect'), once(socket, 'close')])))
    await expect.poll(health, { timeout: 10_000 }).toBe(0)
    const before = await cpuTicks(pid)
    await pause(1_000)
    expect((await cpuTicks(pid)) - before).toBeLessThan(60)
    for (const socket of sockets) socket.destroy()
    await expect.poll(health, { timeout: 30_000 }).toBe(200)
    expect(server.child.exitCode).toBeNull()
  },
)
