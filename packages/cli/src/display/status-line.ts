import type { UsageTotals } from '@agentproxy/store'
import { formatDuration } from '../args/duration.ts'
import type { Output } from './display.ts'
import type { Progress } from './progress.ts'
import { oneLine } from './strip-escapes.ts'
import type { Page } from './task-lines.ts'

const FRAMES = '⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏'
const FRAME_MS = 125
const USAGE_EVERY_FRAMES = 8
const CLEAR_LINE = '\r\u001b[2K'

/** The bottom line of a terminal: time, turn, tokens, what is going on. Redrawn in place; never longer than a row. */
export class StatusLine {
  readonly #out: Output
  readonly #page: Page
  readonly #progress: Progress
  readonly #usage: () => Promise<UsageTotals>
  readonly #startedAt = Date.now()
  readonly #timer: NodeJS.Timeout
  #tokens = 0
  #frame = 0
  #drawn = false
  #closed = false

  constructor(out: Output, page: Page, live: { readonly progress: Progress; usage(): Promise<UsageTotals> }) {
    this.#out = out
    this.#page = page
    this.#progress = live.progress
    this.#usage = () => live.usage()
    this.#timer = setInterval(() => this.#tick(), FRAME_MS).unref()
  }

  clear(): void {
    if (this.#drawn) this.#out.write(CLEAR_LINE)
    this.#drawn = false
  }

  draw(): void {
    if (this.#closed) return
    const { paint, width } = this.#page
    const maxTurns = this.#progress.contract?.budgets.maxTurns ?? null
    const turn = maxTurns === null ? `turn ${this.#progress.turn}` : `turn ${this.#progress.turn}/${maxTurns}`
    const facts = [
      elapsed(Date.now() - this.#startedAt),
      ...(this.#progress.turn === 0 ? [] : [turn]),
      ...(this.#tokens === 0 ? [] : [`${this.#tokens.toLocaleString('en-US')} tokens`]),
      this.#progress.activity,
    ]
    const text = oneLine(facts.join(' · '), width - 3)
    this.#out.write(
      `${CLEAR_LINE}${paint.cyan(FRAMES[this.#frame % FRAMES.length] ?? '')} ${paint.dim(text)}`,
    )
    this.#drawn = true
  }

  close(): void {
    clearInterval(this.#timer)
    this.clear()
    this.#closed = true
  }

  #tick(): void {
    this.#frame += 1
    if (this.#frame % USAGE_EVERY_FRAMES === 0) void this.#refreshUsage()
    this.draw()
  }

  /** A failed reading leaves the last number; the final report reads again. */
  async #refreshUsage(): Promise<void> {
    try {
      const usage = await this.#usage()
      this.#tokens = usage.inputTokens + usage.outputTokens
    } catch {
      // The store is closing or busy.
    }
  }
}

/** Whole seconds: tenths would only flicker. */
function elapsed(durationMs: number): string {
  const seconds = Math.floor(durationMs / 1000)
  return seconds < 60 ? `${seconds}s` : formatDuration(seconds * 1000)
}
