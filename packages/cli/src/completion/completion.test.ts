import { execFile, execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { beforeAll, afterAll, describe, expect, test } from 'vitest'
import { createProgram } from '../args/program.ts'

const run = promisify(execFile)
let folder = ''
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'agentproxy-completion-'))))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function output(...argv: readonly string[]): Promise<string> {
  const written: string[] = []
  const out = { write: (text: string) => void written.push(text), isTty: false, columns: 80 }
  const crashed = new AbortController().signal
  const invocation = { bin: 'agentproxy', terminal: { out, err: out }, env: {}, cwd: '/', crashed } as const
  expect(await createProgram(invocation).run(argv)).toBe(0)
  return written.join('')
}

function has(shell: string): boolean {
  try {
    execFileSync(shell, ['-c', 'exit 0'])
    return true
  } catch {
    return false
  }
}

describe('bash', () => {
  test.each([
    ['agentproxy plu', ['plugins']],
    ['agentproxy plugins dis', ['disable']],
    ['pa run --disp', ['--display']],
    ['pa run --display j', ['json']],
    ['pa resume --display ', ['rich', 'simple', 'json', 'quiet']],
    ['pa run -d list --ma', ['--max-turns', '--max-time', '--max-cost', '--max-tokens']],
    ['pa run --checks ', []],
    ['agentproxy completion --h', ['--help']],
  ])('%s', async (line, expected) => {
    const file = join(folder, 'completion.bash')
    writeFileSync(file, await output('completion', 'bash'))
    const words = line.split(' ').map((word) => `'${word}'`)
    const script = `source ${file}; COMP_WORDS=(${words.join(' ')}); COMP_CWORD=${words.length - 1}; _agentproxy; printf '%s\\n' "\${COMPREPLY[@]}"`
    const { stdout } = await run('bash', ['--norc', '-c', script])
    expect(stdout.trim().split('\n').filter(Boolean)).toEqual(expected)
  })
})

test.skipIf(!has('zsh'))('zsh takes its script', async () => {
  const file = join(folder, 'completion.zsh')
  writeFileSync(file, await output('completion', 'zsh'))
  await run('zsh', ['-f', '-c', `source ${file} && whence _agentproxy`])
})

test.skipIf(!has('fish'))('fish takes its script', async () => {
  const file = join(folder, 'completion.fish')
  writeFileSync(file, await output('completion', 'fish'))
  await run('fish', ['--no-config', '-c', `source ${file}`])
})

test('fish is told each command, option and choice, one a line', async () => {
  const lines = (await output('completion', 'fish')).trimEnd().split('\n')
  expect(lines.filter((line) => !/^complete -c (?:agentproxy|pa) -n '[^']+' /.test(line))).toEqual([])
  expect(lines).toContain(
    `complete -c pa -n '__fish_seen_subcommand_from run' -l display -x -a 'rich simple json quiet' -d 'default: rich on a terminal, simple otherwise'`,
  )
})
