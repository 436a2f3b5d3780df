import { mkdir, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { BrowserCheckSpec } from '@agentproxy/plugin'
import type { Browser, BrowserType } from 'playwright-core'
import { MARKER_VARIABLE } from '../../process/environment.ts'
import { type CheckOutcome, decided, notRun, tailOf } from '../check-outcome.ts'
import { findChromium } from './find-chromium.ts'
import { type Visit, visitPage } from './visit-page.ts'
import { withServer } from './project-server.ts'
import type { Surroundings } from './surroundings.ts'

const NO_LIBRARY = 'the library playwright-core is not installed. Install it: npm install playwright-core'
const NO_BROWSER =
  'no Chromium was found on this machine. Install one (Debian: apt-get install chromium), or name it with CHROMIUM_BIN.'

/** Opens the page in a browser of this machine, on the project's own server where the check starts one. */
export async function performBrowser(check: BrowserCheckSpec, around: Surroundings): Promise<CheckOutcome> {
  const chromium = await loadPlaywright()
  if (chromium === null) return notRun('error', NO_LIBRARY, null)
  const executablePath = await findChromium(around.env)
  if (executablePath === null) return notRun('error', NO_BROWSER, null)
  return withServer(check, around, async (remainingMs) => {
    const marker = await around.announce(`browser ${check.url}`)
    const startedAt = performance.now()
    const deadline = startedAt + remainingMs
    let browser: Browser | null = null
    const close = (): void => void browser?.close().catch(() => {})
    try {
      browser = await chromium.launch({
        executablePath,
        timeout: remainingMs,
        env: { ...around.env, [MARKER_VARIABLE]: marker },
        // Ctrl-C is ours to handle.
        handleSIGINT: false,
        handleSIGTERM: false,
        handleSIGHUP: false,
      })
      around.signal.addEventListener('abort', close, { once: true })
      const visit = await visitPage(browser, check, {
        timeoutMs: Math.max(1, deadline - performance.now()),
        screenshotFile: `${around.outputFile}.png`,
      })
      return await outcomeOf(check, visit, { file: around.outputFile, startedAt })
    } catch (error) {
      const reason = `the browser could not be used: ${error instanceof Error ? (error.message.split('\n', 1)[0] ?? '') : String(error)}`
      return { ...notRun('error', reason, null), durationMs: Math.round(performance.now() - startedAt) }
    } finally {
      around.signal.removeEventListener('abort', close)
      await browser?.close().catch(() => {})
    }
  })
}

async function loadPlaywright(): Promise<BrowserType | null> {
  try {
    return (await import('playwright-core')).chromium
  } catch {
    return null
  }
}

interface Kept {
  readonly file: string
  readonly startedAt: number
}

async function outcomeOf(
  check: BrowserCheckSpec,
  visit: Visit,
  { file, startedAt }: Kept,
): Promise<CheckOutcome> {
  const allowed = check.allowConsole.map((source) => new RegExp(source))
  const errors = visit.errors.filter((text) => !allowed.some((pattern) => pattern.test(text)))
  const output = [
    `status: ${visit.status ?? 'none'}`,
    `title: ${visit.title}`,
    ...errors.map((text) => `console error: ${text}`),
    '',
    visit.text,
  ].join('\n')
  await mkdir(dirname(file), { recursive: true, mode: 0o700 })
  await writeFile(file, output, { mode: 0o600 })
  return {
    ...decided(...verdictOf(check, visit, errors)),
    outputTail: tailOf(output.slice(0, 8 * 1024)),
    outputFile: file,
    durationMs: Math.round(performance.now() - startedAt),
    artifacts: visit.screenshotFile === null ? [] : [{ name: 'screenshot', file: visit.screenshotFile }],
  }
}

function verdictOf(
  { url, waitFor, contains }: BrowserCheckSpec,
  visit: Visit,
  errors: readonly string[],
): ['pass' | 'fail' | 'vacuous', string] {
  if (visit.problem !== null) return ['fail', `${url} did not open: ${visit.problem}`]
  if (visit.status !== null && visit.status >= 400) return ['fail', `${url} answered ${visit.status}`]
  if (errors[0] !== undefined)
    return ['fail', `${url} wrote ${errors.length} errors to the console, first: ${errors[0]}`]
  if (!visit.found) return ['fail', `${waitFor} did not become visible on ${url}`]
  if (contains !== null && !visit.text.includes(contains))
    return ['fail', `${JSON.stringify(contains)} is not seen on ${url}`]
  if (visit.blank) return ['vacuous', `${url} opened, but the page is blank`]
  return ['pass', `${url} opened without console errors`]
}
