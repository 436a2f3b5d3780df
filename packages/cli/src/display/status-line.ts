import type { UsageTotals } from '@agentproxy/store'
import { formatDuration } from '../args/duration.ts'
import { tightestBudget } from './budget-use.ts'
import type { Output } from './display.ts'
import type { Progress } from './progress.ts'
import { columnsOf, oneLine } from './strip-escapes.ts'
import type { Page } from './task-lines.ts'

const FRAMES = '⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏'
const FRAME_MS = 125
const USAGE_EVERY_FRAMES = 8
const CLEAR_LINE = '\r\u001b[2K'
const CLEAR_LINE_ABOVE = '\u001b[1A\u001b[2K'
const METER_COLUMNS = 8
/** Narrower pages have no room for the meter. */
const METER_FROM_COLUMNS = 60
/** Something that takes longer says how long. */
const LONG_MS = 5_000

/** The bottom line of a terminal: the nearest budget, what was used, what is going on. Redrawn in place, one row. */
export class StatusLine {
  readonly #out: Output
  readonly #page: Page
  readonly #progress: Progress
  readonly #usage: () => Promise<UsageTotals>
  readonly #startedAt = Date.now()
  readonly #timer: NodeJS.Timeout
  #used: Pick<UsageTotals, 'inputTokens' | 'outputTokens' | 'costUsd'> | null = null
  #frame = 0
  /** Columns of what stands there; 0 = nothing. */
  #drawn = 0
  #closed = false
  #activity = { text: '', since: 0 }

  constructor(out: Output, page: Page, live: { readonly progress: Progress; usage(): Promise<UsageTotals> }) {
    this.#out = out
    this.#page = page
    this.#progress = live.progress
    this.#usage = () => live.usage()
    this.#timer = setInterval(() => this.#tick(), FRAME_MS).unref()
  }

  clear(): void {
    if (this.#drawn > 0) this.#out.write(this.#clearing())
    this.#drawn = 0
  }

  draw(): void {
    if (this.#closed) return
    const { paint } = this.#page
    // A row that is full to the last column would wrap in some terminals.
    const room = Math.min(this.#page.width, this.#out.columns) - 3
    const meter = room >= METER_FROM_COLUMNS ? this.#meter() : ''
    const text = oneLine(this.#facts().join(' · '), room - (meter === '' ? 0 : METER_COLUMNS + 1))
    const frame = paint.cyan(FRAMES[this.#frame % FRAMES.length] ?? '')
    this.#out.write(`${this.#clearing()}${frame} ${meter}${paint.dim(text)}`)
    this.#drawn = 2 + (meter === '' ? 0 : METER_COLUMNS + 1) + widthOf(text)
  }

  close(): void {
    clearInterval(this.#timer)
    this.clear()
    this.#closed = true
  }

  #facts(): readonly string[] {
    const { turn, contract, activity } = this.#progress
    const { maxTurns = null, maxTimeMs = null, maxTokens = null, maxCostUsd = null } = contract?.budgets ?? {}
    const now = Date.now()
    if (activity !== this.#activity.text) this.#activity = { text: activity, since: now }
    const lasts = now - this.#activity.since
    const { tokens, costUsd } = this.#spent()
    return [
      of(seconds(now - this.#startedAt), maxTimeMs === null ? null : formatDuration(maxTimeMs)),
      ...(turn === 0 ? [] : [`turn ${of(String(turn), maxTurns)}`]),
      ...(tokens === 0
        ? []
        : [`${of(compact(tokens), maxTokens === null ? null : compact(maxTokens))} tokens`]),
      ...(costUsd === null || costUsd === 0 ? [] : [`$${of(costUsd.toFixed(2), maxCostUsd)}`]),
      lasts < LONG_MS ? activity : `${activity} (${seconds(lasts)})`,
    ]
  }

  #meter(): string {
    const budgets = this.#progress.contract?.budgets
    const use = budgets === undefined ? null : tightestBudget(budgets, this.#spent())
    if (use === null) return ''
    const { paint } = this.#page
    const full = Math.round(use.fraction * METER_COLUMNS)
    const colour = use.fraction < 0.6 ? paint.green : use.fraction < 0.85 ? paint.yellow : paint.red
    return `${colour('▰'.repeat(full))}${paint.dim('▱'.repeat(METER_COLUMNS - full))} `
  }

  #spent() {
    const tokens = (this.#used?.inputTokens ?? 0) + (this.#used?.outputTokens ?? 0)
    const elapsedMs = Date.now() - this.#startedAt
    return { turn: this.#progress.turn, elapsedMs, tokens, costUsd: this.#used?.costUsd ?? null }
  }

  // A terminal made narrower has broken the line into several rows.
  #clearing(): string {
    const rows = Math.max(0, Math.ceil(this.#drawn / Math.max(1, this.#out.columns)) - 1)
    return `${CLEAR_LINE}${CLEAR_LINE_ABOVE.repeat(rows)}`
  }

  #tick(): void {
    this.#frame += 1
    if (this.#frame % USAGE_EVERY_FRAMES === 0) void this.#refreshUsage()
    this.draw()
  }

  /** A failed reading leaves the last number; the final report reads again. */
  async #refreshUsage(): Promise<void> {
    try {
      this.#used = await this.#usage()
    } catch {
      // The store is closing or busy.
    }
  }
}

function of(used: string, limit: number | string | null): string {
  return limit === null ? used : `${used}/${limit}`
}

function compact(tokens: number): string {
  return tokens < 10_000 ? tokens.toLocaleString('en-US') : `${Math.round(tokens / 1000)}k`
}

/** Whole seconds: tenths would only flicker. */
function seconds(durationMs: number): string {
  const whole = Math.floor(durationMs / 1000)
  return whole < 60 ? `${whole}s` : formatDuration(whole * 1000)
}

function widthOf(text: string): number {
  let columns = 0
  for (const character of text) columns += columnsOf(character)
  return columns
}
