import { readFileSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'
import type * as QuickJsModule from 'quickjs-wasi'
import type { SandboxLimit } from './engine.ts'
import type { SandboxLimits } from './resources.ts'

// The thread of one QuickJS guest. It imports nothing of ours at run time, so that it also runs compiled in memory.

/** What the thread is given. */
export interface WorkerInput {
  /** URL of the quickjs-wasi module. */
  readonly quickjs: string
  /** Path of its compiled engine. */
  readonly wasm: string
  readonly prelude: string
  readonly source: string
  readonly limits: SandboxLimits
  readonly messagesPerSecond: number
  /** Two doubles the host may read at any time: milliseconds of processor time, bytes of memory. */
  readonly gauges: SharedArrayBuffer
}

/** What the thread is told: a message for the guest, and whether the guest answers it with one of its own. */
export interface HostMessage {
  readonly text: string
  readonly asks: boolean
}

/** What the thread says: that it is ready for its source, a message of the guest, or the limit that ended it. */
export type WorkerMessage =
  | { readonly up: true }
  | { readonly text: string }
  | { readonly limit: SandboxLimit; readonly detail: string }

/** Milliseconds of work between two looks at the processor quota. */
const SLICE_MS = 10
const MAX_STACK_BYTES = 256 * 1024

const port = parentPort
const input = workerData as WorkerInput
const { limits } = input
const gauges = new Float64Array(input.gauges)
const sleeper = new Int32Array(new SharedArrayBuffer(4))

let over = false
let deadline = Infinity
let turnMs = limits.setupMs
let sliceStart = 0
let debtMs = 0
let memory: { readonly buffer: ArrayBuffer } | null = null

function end(limit: SandboxLimit, detail: string): void {
  if (over) return
  over = true
  port?.postMessage({ limit, detail } satisfies WorkerMessage)
}

/** Counts the work done since the slice began, and sleeps it off where the quota is less than a whole processor. */
function settleSlice(): void {
  const busyMs = performance.now() - sliceStart
  gauges[0] = (gauges[0] ?? 0) + busyMs
  gauges[1] = memory?.buffer.byteLength ?? 0
  debtMs += busyMs
  if (debtMs >= SLICE_MS && limits.cpuShare < 1) {
    Atomics.wait(sleeper, 0, 0, (debtMs * (1 - limits.cpuShare)) / limits.cpuShare)
    debtMs = 0
  }
  sliceStart = performance.now()
}

/** Asked by the engine again and again while the guest runs: true ends it, and no guest code can catch that. */
function interrupt(): boolean {
  if (over) return true
  const now = performance.now()
  if (now > deadline) {
    end('time', `it ran for more than ${turnMs} ms without a pause`)
    return true
  }
  if (now - sliceStart >= SLICE_MS) settleSlice()
  return false
}

/** Runs guest code, and all it left to be done at once, under the deadline. */
function turn(vm: QuickJsModule.QuickJS, run: () => unknown): void {
  if (over) return
  sliceStart = performance.now()
  deadline = sliceStart + turnMs
  try {
    run()
  } catch (thrown) {
    failed(thrown, 'crash')
  }
  while (!interrupt()) {
    try {
      vm.executePendingJobs()
      break
    } catch (thrown) {
      // A throw in a microtask ends that microtask alone.
      failed(thrown, null)
    }
  }
  settleSlice()
  deadline = Infinity
}

function failed(thrown: unknown, otherwise: SandboxLimit | null): void {
  const text = describe(thrown)
  if (/out of memory|wasm_malloc/.test(text)) end('memory', 'it ran out of memory')
  else if (otherwise !== null) end(otherwise, text)
}

/** Reading the exception may run guest code, which may throw again. */
function describe(thrown: unknown): string {
  try {
    const { name, message } = thrown as Error
    return `${name}: ${message}`.slice(0, 500)
  } catch {
    return 'out of memory'
  }
}

let secondStart = 0
let bytes = 0
let messages = 0
/** Answers the guest was asked for and has not given; they are not counted. */
let owed = 0

/** The guest's only way out. Nothing may be thrown here: the engine would show the guest the host's stack. */
function send(text: QuickJsModule.JSValueHandle | undefined): void {
  if (over || text === undefined || !text.isString) return
  const now = performance.now()
  if (now - secondStart >= 1000) {
    secondStart = now
    bytes = 0
    messages = 0
  }
  if (owed > 0) owed -= 1
  else messages += 1
  bytes += text.length
  if (bytes > limits.outputBytes) end('output', `it sent more than ${limits.outputBytes} bytes in a second`)
  else if (messages > input.messagesPerSecond)
    end('output', `it sent more than ${input.messagesPerSecond} messages in a second`)
  else port?.postMessage({ text: text.toString() } satisfies WorkerMessage)
}

async function createVm(): Promise<QuickJsModule.QuickJS> {
  const { QuickJS } = (await import(input.quickjs)) as typeof QuickJsModule
  return QuickJS.create({
    wasm: readFileSync(input.wasm),
    memoryLimit: limits.memoryBytes,
    maxStackSize: MAX_STACK_BYTES,
    interruptHandler: interrupt,
    timezoneOffset: 0,
    // What the engine itself would print is dropped.
    wasi: (linear: { readonly buffer: ArrayBuffer }) => {
      memory = linear
      return { fd_write: () => 8 }
    },
    onUnhandledRejection: (_promise: unknown, reason: QuickJsModule.JSValueHandle) => {
      const message = reason.isError ? reason.getProp('message') : null
      if (message?.isString === true) failed(new Error(message.toString()), null)
      message?.dispose()
    },
  })
}

/** Runs the prelude and gives its two functions. */
function openGuest(vm: QuickJsModule.QuickJS) {
  const out = vm.newFunction('send', (text) => {
    send(text)
    return vm.undefined
  })
  const prelude = vm.evalCode(input.prelude, 'guest')
  const guest = vm.callFunction(prelude, vm.undefined, out)
  const open = vm.newFunction('module', () => {
    try {
      return vm.evalCode(input.source, 'plugin', 1)
    } catch (thrown) {
      // A text, since of an Error the engine would show the guest the host's stack.
      // oxlint-disable-next-line typescript/only-throw-error
      throw describe(thrown)
    }
  })
  const [start, receive] = [guest.getProp('start'), guest.getProp('receive')]
  const call = (
    how: QuickJsModule.JSValueHandle,
    given: readonly QuickJsModule.JSValueHandle[],
    text: string,
  ) => {
    const line = vm.newString(text)
    if (!line.isString) return end('memory', 'a message did not fit into its memory')
    vm.callFunction(how, vm.undefined, ...given, line).dispose()
    line.dispose()
  }
  return {
    start: (hello: string) => call(start, [open], hello),
    receive: (text: string) => call(receive, [], text),
  }
}

const machine = await createVm()
let guest: ReturnType<typeof openGuest> | null = null
turn(machine, () => (guest = openGuest(machine)))
let started = false
// The first message starts the plugin, the others are for it.
port?.on('message', ({ text, asks }: HostMessage) => {
  if (asks) owed += 1
  const hear = started ? guest?.receive : guest?.start
  started = true
  turn(machine, () => hear?.(text))
  turnMs = limits.timeoutMs
})
port?.postMessage({ up: true } satisfies WorkerMessage)
