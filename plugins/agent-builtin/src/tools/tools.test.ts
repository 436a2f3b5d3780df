import {
  chmod,
  link,
  mkdir,
  mkdtemp,
  readFile,
  readdir,
  realpath,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { allTools } from './all-tools.ts'
import { matchLines } from './match-lines.ts'
import type { ToolOutcome, ToolRoom } from './tool.ts'

let outside: string
let root: string

beforeEach(async () => {
  outside = await realpath(await mkdtemp(join(tmpdir(), 'tools-')))
  root = join(outside, 'work')
  await mkdir(root)
})
afterEach(() => rm(outside, { recursive: true, force: true }))

async function use(name: string, input: unknown, room: Partial<ToolRoom> = {}): Promise<ToolOutcome> {
  const tool = allTools.get(name)
  if (tool === undefined) throw new Error(`no tool ${name}`)
  const base = { root, signal: new AbortController().signal, commandTimeoutMs: 10_000 }
  return tool.prepare(input).run({ ...base, ...room })
}
const put = (path: string, content: string | Uint8Array) => writeFile(join(root, path), content)
const text = (path: string) => readFile(join(root, path), 'utf8')

test.for(['..', '../secret', '/etc/passwd', 'a/../../secret', 'out/secret', 'out/new/file', 'dangling'])(
  'no file tool reaches %s',
  async (path) => {
    await writeFile(join(outside, 'secret'), 'secret')
    await symlink(outside, join(root, 'out'))
    await symlink(join(outside, 'not-yet'), join(root, 'dangling'))
    await expect(use('write_file', { path, content: 'x' })).rejects.toMatchObject({ code: 'path' })
    await expect(use('edit_file', { path, old_text: 'secret', new_text: 'x' })).rejects.toMatchObject({
      code: 'path',
    })
    await expect(use('read_file', { path })).rejects.toMatchObject({ code: 'path' })
    await expect(use('list_files', { path })).rejects.toMatchObject({ code: 'path' })
    await expect(use('search', { path, pattern: 'secret' })).rejects.toMatchObject({ code: 'path' })
    expect(await readFile(join(outside, 'secret'), 'utf8')).toBe('secret')
    expect(await readdir(outside)).toEqual(['secret', 'work'])
  },
)

test('links inside the working directory may be used', async () => {
  await mkdir(join(root, 'real'))
  await symlink('real', join(root, 'alias'))
  await use('write_file', { path: 'alias/a.txt', content: 'x' })
  expect(await text('real/a.txt')).toBe('x')
})

test.for([
  '.git',
  '.git/config',
  '.GIT/config',
  'sub/.git/hooks/pre-commit',
  'alias/config',
  'sub/.git/../x',
])('%s is not written', async (path) => {
  await mkdir(join(root, '.git'))
  await symlink('.git', join(root, 'alias'))
  await expect(use('write_file', { path, content: 'x' })).rejects.toMatchObject({ code: 'path' })
  expect(await readdir(join(root, '.git'))).toEqual([])
})

test('.gitignore is a file like any other', async () => {
  await use('write_file', { path: '.gitignore', content: 'dist\n' })
  expect(await text('.gitignore')).toBe('dist\n')
})

test('read_file refuses binary content, directories and pipes, and says when it cut', async () => {
  await put('binary', Buffer.from([1, 0, 2]))
  await put('latin', Buffer.from([0x63, 0xe9, 0x21]))
  await put('long', 'é'.repeat(100_000))
  await use('run_command', { command: 'mkfifo pipe' })
  await expect(use('read_file', { path: 'binary' })).rejects.toThrow('binary')
  await expect(use('read_file', { path: 'latin' })).rejects.toThrow('not UTF-8')
  await expect(use('read_file', { path: '.' })).rejects.toThrow('list_files')
  await expect(use('read_file', { path: 'pipe' })).rejects.toThrow('regular')
  await expect(use('read_file', { path: 'none' })).rejects.toThrow('does not exist')
  const { output } = await use('read_file', { path: 'long' })
  expect(output).toContain('the file has 200000 bytes, the first 131072 are shown')
  expect(output).not.toContain('\uFFFD')
})

test('edit_file changes exactly one place and keeps everything else of the file', async () => {
  await put('a.txt', '\uFEFFone\r\ntwo $& two\r\nthree')
  await chmod(join(root, 'a.txt'), 0o755)
  await link(join(root, 'a.txt'), join(root, 'same'))
  await use('edit_file', { path: 'a.txt', old_text: 'one', new_text: '$&1' })
  expect(await text('same')).toBe('\uFEFF$&1\r\ntwo $& two\r\nthree')
  expect((await stat(join(root, 'a.txt'))).mode & 0o777).toBe(0o755)
})

test.for([
  { old_text: 'four', new_text: '', says: 'does not occur' },
  { old_text: 'two', new_text: '2', says: 'occurs 2 times' },
  { old_text: 'aa', new_text: 'b', says: 'occurs 2 times' },
  { old_text: 'one\ntwo', new_text: 'x', says: 'CRLF' },
  { old_text: 'one', new_text: 'one', says: 'nothing would change' },
])('edit_file refuses $old_text -> $new_text because it $says', async ({ says, ...change }) => {
  const before = 'one\r\ntwo two aaa'
  await put('a.txt', before)
  await expect(use('edit_file', { path: 'a.txt', ...change })).rejects.toThrow(says)
  expect(await text('a.txt')).toBe(before)
})

test('edit_file leaves a file alone that is not UTF-8', async () => {
  await put('latin', Buffer.from([0x63, 0xe9, 0x21]))
  await expect(use('edit_file', { path: 'latin', old_text: 'c', new_text: 'd' })).rejects.toThrow('not UTF-8')
})

test('list_files is recursive, sorted, without .git and node_modules, and follows no link', async () => {
  for (const folder of ['.git', 'node_modules/x', 'b']) await mkdir(join(root, folder), { recursive: true })
  for (const file of ['.git/config', 'node_modules/x/i.js', 'b/z', 'b/a', 'c']) await put(file, '')
  await symlink('/', join(root, 'b/everything'))
  expect((await use('list_files', {})).output).toBe('b/a\nb/z\nc')
  expect((await use('list_files', { path: 'b' })).output).toBe('a\nz')
})

test('list_files is capped and says so', async () => {
  for (let at = 0; at < 1001; at += 1) await put(`${at}`, '')
  const lines = (await use('list_files', {})).output.split('\n')
  expect(lines).toHaveLength(1001)
  expect(lines.at(-1)).toContain('more than 1000')
})

test('search finds lines by expression, skips binary files and names place and text', async () => {
  await put('a.js', 'const a = 1\nlet b = 22\n')
  await put('b.bin', Buffer.from('let c = 3\0'))
  expect((await use('search', { pattern: '^let .* \\d+$' })).output).toBe('a.js:2: let b = 22')
  expect((await use('search', { pattern: 'const', path: 'a.js' })).output).toBe('a.js:1: const a = 1')
  expect((await use('search', { pattern: 'nothing' })).output).toBe('No match.')
  await expect(use('search', { pattern: '(' })).rejects.toMatchObject({ code: 'pattern' })
})

test('search is capped in matches and in what it shows of a line', async () => {
  await put('many', `${'x'.repeat(2500)}\n`.repeat(500))
  const lines = (await use('search', { pattern: 'x' })).output.split('\n')
  expect(lines).toHaveLength(201)
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(400)
})

test('an expression that backtracks for ever is stopped', async () => {
  const lines = ['aab', `${'a'.repeat(60)}b`]
  expect(() => matchLines(/(a+)+$/, lines, { max: 10, timeoutMs: 100 })).toThrow('took too long')
})

test('run_command gives output, errors and the exit code, without waiting on standard input', async () => {
  const outcome = await use('run_command', { command: 'cat; echo out; echo err >&2; exit 7' })
  expect(outcome).toEqual({ ok: false, output: expect.stringMatching(/out\nerr\n\[exit code 7\]/) })
  expect(await use('run_command', { command: 'pwd' })).toEqual({ ok: true, output: `${root}\n[exit code 0]` })
})

test('of a long output run_command keeps the beginning and the end', async () => {
  const { output } = await use('run_command', { command: 'seq 1 200000' })
  expect(output.startsWith('1\n2\n')).toBe(true)
  expect(output).toMatch(/\[… \d+ bytes left out …\]/)
  expect(output.endsWith('199999\n200000\n[exit code 0]')).toBe(true)
  expect(output.length).toBeLessThan(40_000)
})

test('a command over its time is ended with everything it started, even if it ignores SIGTERM', async () => {
  const command = `trap '' TERM; (trap '' TERM; sleep 60) & echo $! > child; sleep 60`
  const outcome = await use('run_command', { command, timeout_ms: 300 })
  expect(outcome).toMatchObject({ ok: false, output: expect.stringContaining('longer than 300 ms') })
  await gone(Number(await text('child')))
})

test('what a command left in the background is ended', async () => {
  const outcome = await use('run_command', { command: 'sleep 60 & echo $! > child' })
  expect(outcome.ok).toBe(true)
  await gone(Number(await text('child')))
})

test('aborting ends a command', async () => {
  const stop = new AbortController()
  const running = use('run_command', { command: 'echo $$ > child; sleep 60' }, { signal: stop.signal })
  while ((await text('child').catch(() => '')) === '') await delay(10)
  stop.abort()
  expect((await running).output).toContain('cancelled')
  await gone(Number(await text('child')))
})

/** Resolves when a process is gone or only waits to be collected. */
async function gone(pid: number): Promise<void> {
  for (;;) {
    const status = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
    if (status === '' || status.includes(') Z ')) return
    await delay(20)
  }
}
