import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { describe, expect, test } from 'vitest'
import { filesEnding, root } from './repository.ts'

// The law of this repository as data. Change a row here and the change is a decision, visible in review.

/** Room -> the rooms it may import. Libraries from npm are each package.json's own affair. */
const ARROWS: Readonly<Record<string, readonly string[]>> = {
  plugin: [],
  wire: [],
  store: [],
  'agent-kit': ['plugin'],
  kernel: ['plugin'],
  'plugin-testing': ['plugin', 'kernel'],
  gateway: ['plugin', 'kernel', 'wire', 'store'],
  supervisor: ['plugin', 'kernel', 'store'],
  cli: [
    'plugin',
    'kernel',
    'wire',
    'store',
    'gateway',
    'supervisor',
    'plugin-testing',
    'provider-anthropic',
    'provider-gemini',
    'provider-openai',
    'provider-simulator',
    'agent-builtin',
    'agent-claude-code',
    'agent-codex',
    'agent-opencode',
    'agent-acp',
    'access-log',
    'cache',
    'cache-responses',
    'events',
    'permissions',
    'raw-http-log',
  ],
  'provider-anthropic': ['plugin'],
  'provider-gemini': ['plugin'],
  'provider-openai': ['plugin'],
  'provider-simulator': ['plugin', 'wire'],
  'agent-builtin': ['plugin', 'agent-kit'],
  'agent-claude-code': ['plugin', 'agent-kit'],
  'agent-codex': ['plugin', 'agent-kit'],
  'agent-opencode': ['plugin', 'agent-kit'],
  'agent-acp': ['plugin', 'agent-kit'],
  'access-log': ['plugin'],
  cache: ['plugin'],
  'cache-responses': ['plugin'],
  events: ['plugin'],
  permissions: ['plugin'],
  'raw-http-log': ['plugin'],
}

/** Rooms that import no library either. */
const NO_DEPENDENCIES = ['plugin', 'wire']

const LINES_PER_FILE = 350
/** Half of all files stay under this, so that the limit above is the exception. */
const MEDIAN_LINES_PER_FILE = 120
const FORBIDDEN_FILE_NAMES = /^(utils?|helpers?|common|types|misc|constants|manager|shared)\.ts$/

interface Room {
  readonly name: string
  readonly dir: string
  readonly files: readonly string[]
}

const rooms: readonly Room[] = ['packages', 'plugins'].flatMap((house) =>
  readdirSync(join(root, house))
    .map((name) => ({ name, dir: join(root, house, name) }))
    .filter(({ dir }) => existsSync(join(dir, 'package.json')))
    .map(({ name, dir }) => ({ name, dir, files: filesEnding(join(dir, 'src'), '.ts') })),
)

const isTest = (file: string): boolean => /\.test(-d|-support)?\.ts$/.test(file)

/** Specifiers of static imports, re-exports and literal dynamic imports; type-only ones vanish at run time. */
function imports(file: string, options: { readonly types: boolean } = { types: true }): string[] {
  const source = readFileSync(file, 'utf8').replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '')
  const text = options.types ? source : source.replace(/^(import|export) type [\s\S]*?from .*$/gm, '')
  const found = text.matchAll(/(?:\bfrom\s*|\bimport\s*\(\s*|^\s*import\s+)(['"])([^'"\n]+)\1/gm)
  return [...found].flatMap((match) => match[2] ?? [])
}

function lineCount(file: string): number {
  return readFileSync(file, 'utf8').trimEnd().split('\n').length
}

describe('arrows', () => {
  test('every room is in the table and the table names no ghost', () => {
    expect(rooms.map((room) => room.name).toSorted()).toEqual(Object.keys(ARROWS).toSorted())
  })

  test.each(rooms)('$name imports only the rooms it may', (room) => {
    const allowed = ARROWS[room.name] ?? []
    const wrong = room.files
      .filter((file) => !isTest(file))
      .flatMap((file) =>
        imports(file)
          .filter((specifier) => specifier.startsWith('@agentproxy/'))
          .filter((specifier) => !allowed.includes(specifier.slice('@agentproxy/'.length)))
          .map((specifier) => `${relative(root, file)} imports ${specifier}`),
      )
    expect(wrong).toEqual([])
  })

  test.each(rooms)('$name declares exactly the rooms it may import', (room) => {
    const manifest = JSON.parse(readFileSync(join(room.dir, 'package.json'), 'utf8')) as {
      dependencies?: Record<string, string>
    }
    const declared = Object.keys(manifest.dependencies ?? {})
    const ours = declared
      .filter((name) => name.startsWith('@agentproxy/'))
      .map((name) => name.slice('@agentproxy/'.length))
    expect(ours.filter((name) => !(ARROWS[room.name] ?? []).includes(name))).toEqual([])
    if (NO_DEPENDENCIES.includes(room.name)) expect(declared).toEqual([])
  })

  test.each(rooms)('$name reaches no other room by a relative path', (room) => {
    const wrong = room.files.flatMap((file) =>
      imports(file)
        .filter((specifier) => specifier.startsWith('.'))
        .filter((specifier) => !resolve(dirname(file), specifier).startsWith(room.dir + sep))
        .map((specifier) => `${relative(root, file)} imports ${specifier}`),
    )
    expect(wrong).toEqual([])
  })

  test.each(rooms)('$name has no import cycle', (room) => {
    const graph = new Map(
      room.files.map((file) => [
        file,
        imports(file, { types: false })
          .filter((specifier) => specifier.startsWith('.'))
          .map((specifier) => resolve(dirname(file), specifier)),
      ]),
    )
    expect(findCycle(graph, room.dir)).toBeNull()
  })
})

describe('budgets', () => {
  test.each(rooms)(`$name keeps every file under ${LINES_PER_FILE} lines`, (room) => {
    const long = room.files
      .map((file) => `${relative(root, file)}: ${lineCount(file)}`)
      .filter((row) => Number(row.split(': ')[1]) > LINES_PER_FILE)
    // Tests tell stories and may be longer than the code they prove, but not without end.
    expect(
      long.filter(
        (row) => !isTest(row.split(': ')[0] ?? '') || Number(row.split(': ')[1]) > 2 * LINES_PER_FILE,
      ),
    ).toEqual([])
  })

  test(`the median source file stays under ${MEDIAN_LINES_PER_FILE} lines`, () => {
    const counts = rooms
      .flatMap((room) => room.files.filter((file) => !isTest(file)).map(lineCount))
      .toSorted((a, b) => a - b)
    expect(counts[Math.floor(counts.length / 2)]).toBeLessThan(MEDIAN_LINES_PER_FILE)
  })

  test('files are named for what they do', () => {
    const wrong = rooms.flatMap((room) =>
      room.files.filter((file) => FORBIDDEN_FILE_NAMES.test(file.split(sep).at(-1) as string)),
    )
    expect(wrong).toEqual([])
  })

  test('index files stand only at package roots and name what they export', () => {
    for (const room of rooms) {
      const indexes = room.files.filter((file) => file.endsWith(`${sep}index.ts`))
      expect(indexes).toEqual([join(room.dir, 'src', 'index.ts')])
      expect(readFileSync(indexes[0] ?? '', 'utf8')).not.toMatch(/export \*/)
    }
  })
})

function findCycle(graph: ReadonlyMap<string, readonly string[]>, base: string): string | null {
  const done = new Set<string>()
  const path: string[] = []
  const visit = (file: string): string | null => {
    if (path.includes(file))
      return [...path.slice(path.indexOf(file)), file].map((step) => relative(base, step)).join(' -> ')
    if (done.has(file)) return null
    path.push(file)
    for (const next of graph.get(file) ?? []) {
      const cycle = visit(next)
      if (cycle !== null) return cycle
    }
    path.pop()
    done.add(file)
    return null
  }
  for (const file of graph.keys()) {
    const cycle = visit(file)
    if (cycle !== null) return cycle
  }
  return null
}
