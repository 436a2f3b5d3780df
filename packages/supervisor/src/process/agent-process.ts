import type { AgentProcess } from '@agentproxy/plugin'
import { type Child, type ChildOptions, startChild } from './child.ts'
import { LineSplitter } from './line-splitter.ts'

/** Bytes a line of an agent may have. */
export const LINE_CAP_BYTES = 1024 * 1024
// Characters of lines nobody has read yet before the process has to wait.
const HIGH_WATER = 8 * 1024 * 1024

export interface AgentProcessOptions extends Omit<ChildOptions, 'onOutput'> {
  readonly lineCapBytes: number
  onActivity(): void
  /** Called once for each line that was cut. */
  onOverlongLine(): void
}

/** A child process as agents use it: line by line, with a cap. */
export function startAgentProcess(options: AgentProcessOptions): AgentProcess {
  const splitter = new LineSplitter(options.lineCapBytes)
  const queue = new LineQueue(() => child.unpause())
  let reported = 0
  const child: Child = startChild({
    ...options,
    onOutput(stream, chunk) {
      options.onActivity()
      if (stream === 'stderr') return
      for (const line of splitter.push(chunk)) queue.push(line)
      for (; reported < splitter.overlong; reported++) options.onOverlongLine()
      if (queue.size > HIGH_WATER) child.pause()
    },
  })
  let inputOpen = options.stdin === 'open' && child.pid !== 0
  const exit = child.exit.then((result) => {
    for (const line of splitter.end()) queue.push(line)
    queue.end()
    inputOpen = false
    return result
  })
  return {
    pid: child.pid,
    lines: queue,
    exit,
    writeLine(line) {
      if (!inputOpen) throw new Error(`Cannot write to ${options.command}: its standard input is closed.`)
      child.stdin?.write(`${line}\n`)
    },
    endInput() {
      inputOpen = false
      child.stdin?.end()
    },
    async stop(graceMs) {
      void child.stop(graceMs)
      return exit
    },
  }
}

class LineQueue implements AsyncIterable<string> {
  readonly #drained: () => void
  #lines: string[] = []
  #ended = false
  #wake: (() => void) | null = null
  /** Characters waiting. */
  size = 0

  constructor(drained: () => void) {
    this.#drained = drained
  }

  push(line: string): void {
    this.#lines.push(line)
    this.size += line.length
    this.#wake?.()
  }

  end(): void {
    this.#ended = true
    this.#wake?.()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<string> {
    for (;;) {
      const lines = this.#lines
      this.#lines = []
      this.size = 0
      if (lines.length > 0) this.#drained()
      yield* lines
      if (this.#lines.length > 0) continue
      if (this.#ended) return
      await new Promise<void>((resolve) => (this.#wake = resolve))
      this.#wake = null
    }
  }
}
