import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import type { BrowserCheckSpec } from '@agentproxy/plugin'

const MAX_ERRORS = 50
const MAX_TEXT = 64 * 1024
// How long a page may go on loading scripts after it is there.
const SETTLE_MS = 3000

export interface Visit {
  /** Of the page itself; null when there was none. */
  readonly status: number | null
  /** Why it did not open; null when it did. */
  readonly problem: string | null
  readonly title: string
  /** What a person reads on it. */
  readonly text: string
  /** Console errors and uncaught exceptions. */
  readonly errors: readonly string[]
  /** Whether the element that was waited for became visible; true without one. */
  readonly found: boolean
  /** Neither text nor picture. */
  readonly blank: boolean
  readonly screenshotFile: string | null
}

interface VisitLimits {
  readonly timeoutMs: number
  readonly screenshotFile: string
}

/** Opens one page and looks at it as a person would. */
export async function visitPage(
  browser: Browser,
  { url, waitFor }: Pick<BrowserCheckSpec, 'url' | 'waitFor'>,
  { timeoutMs, screenshotFile }: VisitLimits,
): Promise<Visit> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } })
  page.setDefaultTimeout(timeoutMs)
  const errors = listenForErrors(page)
  const opened = await page.goto(url, { waitUntil: 'load' }).then(
    (response) => ({ status: response?.status() ?? null, problem: null }),
    (error: unknown) => ({ status: null, problem: firstLine(error) }),
  )
  if (opened.problem !== null)
    return { ...opened, title: '', text: '', errors, found: false, blank: true, screenshotFile: null }
  // A page that polls never settles; what it shows by then is what counts.
  await page.waitForLoadState('networkidle', { timeout: Math.min(SETTLE_MS, timeoutMs) }).catch(() => {})
  const found =
    waitFor === null ||
    (await page
      .locator(waitFor)
      .first()
      .waitFor({ state: 'visible' })
      .then(
        () => true,
        () => false,
      ))
  const text = (
    await page
      .locator('body')
      .innerText()
      .catch(() => '')
  ).slice(0, MAX_TEXT)
  const pictures = await page.locator('img, svg, canvas, video, input, button').count()
  return {
    ...opened,
    title: await page.title(),
    text,
    errors,
    found,
    blank: text.trim() === '' && pictures === 0,
    screenshotFile: await takeScreenshot(page, screenshotFile),
  }
}

function listenForErrors(page: Page): string[] {
  const errors: string[] = []
  const note = (text: string): void => {
    if (errors.length < MAX_ERRORS) errors.push(text)
  }
  page.on('pageerror', (error) => note(`uncaught ${firstLine(error)}`))
  page.on('console', (message) => {
    if (message.type() !== 'error') return
    const { url } = message.location()
    // No page asks for this one; the browser does.
    if (url.endsWith('/favicon.ico')) return
    note(url === '' ? message.text() : `${message.text()} (${url})`)
  })
  return errors
}

async function takeScreenshot(page: Page, file: string): Promise<string | null> {
  try {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 })
    await page.screenshot({ path: file })
    return file
  } catch {
    // A page that never stops drawing cannot be taken; what was read on it stands.
    return null
  }
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n', 1)[0] ?? ''
}
