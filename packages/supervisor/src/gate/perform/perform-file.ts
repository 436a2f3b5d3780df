import { open } from 'node:fs/promises'
import type { FileCheckSpec } from '@agentproxy/plugin'
import { confine } from '../../workspace/confine.ts'
import { type CheckOutcome, decided, tailOf } from '../check-outcome.ts'

const MAX_BYTES = 16 * 1024 * 1024

/** Looks at one file of the working directory. */
export async function performFile(check: FileCheckSpec, dir: string): Promise<CheckOutcome> {
  const { path, absent, contains, matches } = check
  const found = await confine(dir, path)
  if (!found.ok) {
    if (!found.missing) return decided('error', found.problem)
    return decided(absent ? 'pass' : 'fail', found.problem)
  }
  if (absent) return decided('fail', `${path} exists`)
  const { file } = found
  if (contains === null && matches === null) return decided('pass', `${path} exists`)
  const content = await textOf(file)
  if (!content.ok) return decided('error', `${path} ${content.problem}`)
  const outcome = (verdict: 'pass' | 'fail', reason: string) => ({
    ...decided(verdict, reason),
    outputTail: tailOf(content.text),
  })
  if (contains !== null && !content.text.includes(contains))
    return outcome('fail', `${path} does not contain ${JSON.stringify(contains)}`)
  if (matches !== null && !new RegExp(matches, 'm').test(content.text))
    return outcome('fail', `nothing in ${path} matches /${matches}/m`)
  return outcome('pass', `${path} says what it must`)
}

type Content = { readonly ok: true; readonly text: string } | { readonly ok: false; readonly problem: string }

async function textOf(file: string): Promise<Content> {
  const handle = await open(file, 'r').catch((error: Error) => error)
  if (handle instanceof Error) return { ok: false, problem: `cannot be read: ${handle.message}` }
  try {
    const found = await handle.stat()
    if (!found.isFile()) return { ok: false, problem: 'is not a file' }
    if (found.size > MAX_BYTES) return { ok: false, problem: `is larger than ${MAX_BYTES} bytes` }
    return { ok: true, text: await handle.readFile('utf8') }
  } finally {
    await handle.close()
  }
}
