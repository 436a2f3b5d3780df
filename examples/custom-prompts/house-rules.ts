import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

export interface HouseRules {
  readonly text: string
  /** More was there than `maxBytes`. */
  readonly cut: boolean
}

/** The project's `.agentproxy/prompts/*.md` in the order of their names; links are not followed. null = there are none. */
export async function readHouseRules(workingDir: string, maxBytes: number): Promise<HouseRules | null> {
  const folder = join(workingDir, '.agentproxy', 'prompts')
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  })
  const names = entries
    .filter((entry) => entry.isFile() && entry.name.endsWith('.md'))
    .map(({ name }) => name)
  const texts = await Promise.all(names.toSorted().map((name) => readFile(join(folder, name), 'utf8')))
  const whole = texts
    .map((text) => text.trim())
    .filter((text) => text !== '')
    .join('\n\n')
  if (whole === '') return null
  const bytes = Buffer.from(whole)
  if (bytes.length <= maxBytes) return { text: whole, cut: false }
  // A character cut in half becomes a replacement character, which is dropped.
  const kept = bytes.toString('utf8', 0, maxBytes).replace(/\uFFFD+$/, '')
  return { text: `${kept}\n(cut after ${maxBytes} bytes)`, cut: true }
}
