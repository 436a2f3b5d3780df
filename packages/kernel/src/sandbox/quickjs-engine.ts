import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { Worker } from 'node:worker_threads'
import type { EngineEvents, EngineOptions, StartEngine } from './engine.ts'
import { GUEST_PRELUDE } from './guest-prelude.ts'
import { MESSAGES_PER_SECOND } from './rate-meter.ts'
import type { WorkerInput, WorkerMessage } from './quickjs-worker.ts'

const fromSource = import.meta.url.endsWith('.ts')
const { resolve } = createRequire(import.meta.url)

let program: Promise<URL> | null = null

/** QuickJS compiled to WebAssembly, in a thread of its own: the guest's memory, clock and way out are what it is given. */
export const startQuickJs: StartEngine = async (options, events) => {
  program ??= workerProgram()
  const gauges = new SharedArrayBuffer(16)
  const worker = new Worker(await program, {
    name: `sandbox ${options.plugin}`,
    workerData: inputOf(options, gauges),
    env: {},
    argv: [],
    execArgv: [],
    stdin: false,
    stdout: true,
    stderr: true,
    resourceLimits: { maxOldGenerationSizeMb: 128, maxYoungGenerationSizeMb: 32, stackSizeMb: 4 },
  })
  const usage = new Float64Array(gauges)
  let over = false
  const ended = (...how: Parameters<EngineEvents['ended']>): void => {
    if (over) return
    over = true
    events.ended(...how)
  }
  worker.on('message', (message: WorkerMessage) => {
    if (over) return
    if ('text' in message) events.message(message.text)
    else ended(message.limit, message.detail)
  })
  worker.on('error', (error: NodeJS.ErrnoException) => {
    const memory = error.code === 'ERR_WORKER_OUT_OF_MEMORY'
    ended(memory ? 'memory' : 'crash', memory ? 'it ran out of memory' : error.message)
  })
  worker.on('exit', () => ended('crash', 'its thread ended'))
  // A loaded plugin must not keep a program running; said after the listeners, which would take it back.
  worker.unref()
  return {
    // The rule is about windows; a worker's method takes no origin.
    // oxlint-disable-next-line unicorn/require-post-message-target-origin
    send: (text) => worker.postMessage(text),
    usage: () => ({ cpuMs: usage[0] ?? 0, memoryBytes: usage[1] ?? 0 }),
    end: async () => {
      over = true
      await worker.terminate()
    },
  }
}

function inputOf(options: EngineOptions, gauges: SharedArrayBuffer): WorkerInput {
  return {
    quickjs: pathToFileURL(resolve('quickjs-wasi')).href,
    wasm: resolve('quickjs-wasi/quickjs.wasm'),
    prelude: GUEST_PRELUDE,
    source: options.source,
    limits: options.limits,
    messagesPerSecond: MESSAGES_PER_SECOND,
    gauges,
  }
}

/** The thread's program; compiled in memory where the kernel runs from its sources and no built file stands beside this one. */
async function workerProgram(): Promise<URL> {
  if (!fromSource) return new URL('./quickjs-worker.js', import.meta.url)
  const file = fileURLToPath(new URL('./quickjs-worker.ts', import.meta.url))
  const { transformSync } = await import('oxc-transform')
  const { code } = transformSync(file, await readFile(file, 'utf8'))
  return new URL(`data:text/javascript,${encodeURIComponent(code)}`)
}
