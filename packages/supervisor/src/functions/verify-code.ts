import { extname } from 'node:path'
import { z } from 'zod'
import { runCommand } from '../process/run-command.ts'
import { confine } from '../workspace/confine.ts'
import { type FunctionContext, defineFunction } from './supervisor-function.ts'

const LIMIT_MS = 30_000
const MAX_OUTPUT_BYTES = 1024 * 1024
const MAX_CHARACTERS = 2000

/** What reads a file of that sort without running it; `"$1"` is the file. */
const READERS: Readonly<Record<string, string>> = {
  '.js': 'node --check "$1"',
  '.mjs': 'node --check "$1"',
  '.cjs': 'node --check "$1"',
  '.json': 'node -e \'JSON.parse(require("fs").readFileSync(process.argv[1], "utf8"))\' "$1"',
  '.py': 'python3 -c \'import ast, sys; ast.parse(open(sys.argv[1], "rb").read(), sys.argv[1])\' "$1"',
  '.sh': 'bash -n "$1"',
  '.bash': 'bash -n "$1"',
  '.go': 'gofmt -e "$1" > /dev/null',
  '.rb': 'ruby -c "$1"',
  '.php': 'php -l "$1"',
}
const NOT_FOUND = 127

export const verifyCode = defineFunction({
  name: 'verify_code',
  aliases: [],
  description: `Check that files can be parsed, without running them (${Object.keys(READERS).join(' ')}).`,
  parameters: z.object({ paths: z.array(z.string().min(1)).min(1).max(20) }),
  async run({ paths }, context) {
    const seen: Verified[] = []
    for (const path of paths) seen.push(await verify(path, context))
    const lines = seen.map(({ path, problem, parsed }) => `${path}: ${parsed ? 'parses' : problem}`)
    // What nobody could look at is not verified.
    return { ok: seen.every(({ parsed }) => parsed), result: lines.join('\n'), tree: null }
  },
})

interface Verified {
  readonly path: string
  readonly parsed: boolean
  readonly problem: string
}

async function verify(path: string, context: FunctionContext): Promise<Verified> {
  const failed = (problem: string): Verified => ({ path, parsed: false, problem })
  const found = await confine(context.workspace.dir, path)
  if (!found.ok) return failed(found.problem)
  const reader = READERS[extname(path).toLowerCase()]
  if (reader === undefined) return failed('not checked: nothing here parses such a file')
  const { code, output } = await runCommand({
    ...(await context.process(`parse ${path}`)),
    // The path is an argument, never part of the command line.
    command: reader,
    args: [found.file],
    timeoutMs: LIMIT_MS,
    maxOutputBytes: MAX_OUTPUT_BYTES,
  })
  if (code === 0) return { path, parsed: true, problem: '' }
  if (code === NOT_FOUND) return failed(`not checked: ${reader.split(' ', 1)[0]} is not installed`)
  return failed(output.trim().slice(-MAX_CHARACTERS))
}
