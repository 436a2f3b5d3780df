import { open, stat } from 'node:fs/promises'
import { z } from 'zod'
import { confine } from '../workspace/confine.ts'
import { type FunctionOutcome, defineFunction } from './supervisor-function.ts'

const MAX_BYTES = 64 * 1024

export const readFileFunction = defineFunction({
  name: 'read_file',
  aliases: [],
  description: 'Read a text file of the working directory, at most its first 64 KiB.',
  parameters: z.object({ path: z.string().min(1) }),
  run: ({ path }, { workspace }) => readConfined(workspace.dir, path),
})

async function readConfined(dir: string, path: string): Promise<FunctionOutcome> {
  const found = await confine(dir, path)
  if (!found.ok) return refuse(found.missing ? `There is no file ${path}.` : `${found.problem}.`)
  const real = found.file
  if (!(await stat(real)).isFile()) return refuse(`${path} is not a file.`)
  return { ok: true, result: await readStart(real), tree: null }
}

async function readStart(file: string): Promise<string> {
  await using handle = await openDisposable(file)
  const { bytesRead, buffer } = await handle.file.read(Buffer.alloc(MAX_BYTES + 1), 0, MAX_BYTES + 1, 0)
  const text = buffer.subarray(0, Math.min(bytesRead, MAX_BYTES)).toString('utf8')
  return bytesRead > MAX_BYTES ? `${text}\n(cut after ${MAX_BYTES} bytes)` : text
}

async function openDisposable(path: string) {
  const file = await open(path, 'r')
  return { file, [Symbol.asyncDispose]: () => file.close() }
}

function refuse(result: string): FunctionOutcome {
  return { ok: false, result, tree: null }
}
