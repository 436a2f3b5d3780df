import { chmod, mkdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Bench } from './bench.ts'
import { createBench } from './bench.ts'

let bench: Bench
let cwd = ''
beforeEach(async () => {
  bench = await createBench()
  cwd = join(bench.home, 'work')
  await mkdir(join(cwd, 'plugins'), { recursive: true })
})
afterEach(() => bench.dispose())

const patient = { timeout: 20_000, interval: 50 }

/** A plugin whose health says these words. */
const saying = (name: string, words: string, needs: readonly string[] = []): string =>
  `import { definePlugin } from '@agentproxy/plugin'
export default definePlugin({ name: '${name}', version: '1.0.0', dependencies: ${JSON.stringify(needs)}, setup(ctx) {
  ctx.health(() => ({ status: 'warn', output: '${words}' }))
} })
`

async function serve(...more: readonly string[]) {
  const running = bench.start(['serve', '--port', '0', '--json', ...more], { bin: 'agentproxy', cwd })
  const line = await running.line((text) => text.includes('"listening"'))
  const listening = JSON.parse(line) as {
    url: string
    tokenFile: string
    plugins: readonly { name: string; origin: string }[]
  }
  let told = ''
  running.child.stderr?.on('data', (text: string) => (told += text))
  const token = (await readFile(listening.tokenFile, 'utf8')).trim()
  const health = async (): Promise<string> => {
    const headers = { authorization: `Bearer ${token}` }
    return (await fetch(`${listening.url}/health`, { headers })).text()
  }
  return {
    ...running,
    ...listening,
    told: () => told,
    says: (words: string) => expect.poll(health, patient).toContain(words),
    saysNot: (words: string) => expect.poll(health, patient).not.toContain(words),
  }
}

const write = (file: string, text: string) => bench.write(join('work/plugins', file), text)

describe('the folder ./plugins of a server', () => {
  test('is loaded, and watched: dropped in, edited, renamed, broken, mended and deleted', async () => {
    await write('first.mjs', saying('first', 'first is here'))
    const server = await serve()
    const origin = join(cwd, 'plugins/first.mjs')
    expect(server.plugins).toContainEqual({ name: 'first', version: '1.0.0', origin })
    await server.says('first is here')

    await write('second/index.ts', `const words: string = 'one'\n${saying('second', 'second is here')}`)
    await server.says('second is here')
    await write('second/index.ts', saying('second', 'second was edited'))
    await server.says('second was edited')
    await write('second/index.ts', 'export default {')
    await expect.poll(server.told, patient).toContain('plugin second could not be reloaded')
    await server.says('second was edited')
    await write('second/index.ts', saying('second', 'second was mended'))
    await server.says('second was mended')
    await rename(join(cwd, 'plugins/first.mjs'), join(cwd, 'plugins/other.mjs'))
    await expect
      .poll(server.told, patient)
      .toContain(`plugin first was loaded from ${join(cwd, 'plugins/other.mjs')}`)
    await server.says('first is here')
    await rm(join(cwd, 'plugins/second'), { recursive: true })
    await server.saysNot('second')
    server.child.kill('SIGTERM')
    expect((await server.done).code).toBe(0)
  })

  test('takes those that need a deleted plugin out with it, and brings them back', async () => {
    await write('base.mjs', saying('base', 'base is here'))
    await write('top.mjs', saying('top', 'top is here', ['base']))
    const server = await serve()
    await server.says('top is here')
    await rm(join(cwd, 'plugins/base.mjs'))
    await server.saysNot('top is here')
    await expect.poll(server.told, patient).toContain('plugin top needs plugin base, which was removed')
    await write('base.mjs', saying('base', 'base is back'))
    await server.says('top is here')
  })

  test('is left alone with --no-watch, and refused where others may write to it', async () => {
    await write('first.mjs', saying('first', 'first is here'))
    await write('open.mjs', saying('open', 'open is here'))
    await chmod(join(cwd, 'plugins/open.mjs'), 0o666)
    const running = bench.start(['serve', '--port', '0', '--no-watch'], { bin: 'agentproxy', cwd })
    await running.line((line) => line.includes('Stop with Ctrl-C'))
    await write('second.mjs', saying('second', 'second is here'))
    await new Promise((resolve) => setTimeout(resolve, 1000))
    running.child.kill('SIGTERM')
    const { stdout, stderr } = await running.done
    expect(stdout).toContain(`plugins   first 1.0.0 from ${join(cwd, 'plugins/first.mjs')}`)
    expect(stdout).toContain('provider-simulator, ')
    expect(stdout).toContain('not loaded: open')
    expect(stderr).toContain(`chmod go-w ${join(cwd, 'plugins/open.mjs')}`)
    expect(`${stdout}${stderr}`).not.toContain('second')
  })

  test('is another where AGENTPROXY_PLUGINS_DIR names it', async () => {
    await write('first.mjs', saying('first', 'first is here'))
    const elsewhere = join(bench.home, 'elsewhere')
    const running = bench.start(['serve', '--port', '0'], {
      bin: 'agentproxy',
      cwd,
      env: { AGENTPROXY_PLUGINS_DIR: elsewhere },
    })
    await running.line((line) => line.includes('Stop with Ctrl-C'))
    let told = ''
    running.child.stderr?.on('data', (text: string) => (told += text))
    await bench.write('elsewhere/second.mjs', saying('second', 'second is here'))
    await expect.poll(() => told, patient).toContain('plugin second was loaded')
    running.child.kill('SIGTERM')
    expect((await running.done).stdout).not.toContain('first')
  })
})
