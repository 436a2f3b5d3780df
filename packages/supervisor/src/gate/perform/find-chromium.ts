import { access, constants } from 'node:fs/promises'
import { delimiter, isAbsolute, join } from 'node:path'
import type { Environment } from '../../process/environment.ts'

const NAMES = [
  'chromium',
  'chromium-browser',
  'google-chrome',
  'google-chrome-stable',
  'chrome',
  'microsoft-edge',
]
const ELSEWHERE = [
  '/usr/bin/chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
]

/** A browser of the Chromium family on this machine: `CHROMIUM_BIN`, else one of the usual names; null when there is none. */
export async function findChromium(env: Environment): Promise<string | null> {
  const named = env['CHROMIUM_BIN']
  if (named !== undefined && named !== '') return (await runs(named)) ? named : null
  const folders = (env['PATH'] ?? '').split(delimiter).filter(isAbsolute)
  const places = [...folders.flatMap((folder) => NAMES.map((name) => join(folder, name))), ...ELSEWHERE]
  for (const place of places) if (await runs(place)) return place
  return null
}

function runs(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  )
}
