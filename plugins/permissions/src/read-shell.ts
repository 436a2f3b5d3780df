import { shellWords } from './shell-words.ts'

/** What a line would run and write. */
export interface ShellReading {
  readonly commands: readonly (readonly string[])[]
  readonly writes: readonly string[]
  /** false: it would run something that cannot be read from it. */
  readonly isWhole: boolean
}

const SHELLS = new Set(['sh', 'bash', 'zsh', 'dash', 'ksh', 'fish'])
/** Programs that run the command behind them, and their short options that take a word of its own. */
const WRAPPERS: ReadonlyMap<string, string> = new Map([
  ['sudo', 'ugCDRTUhpr'],
  ['doas', 'uC'],
  ['env', 'uC'],
  ['xargs', 'IdEaPLns'],
  ['nice', 'n'],
  ['timeout', 'sk'],
  ['stdbuf', 'ioe'],
  ['time', 'fo'],
  ['exec', 'a'],
  ['command', ''],
  ['builtin', ''],
  ['nohup', ''],
  ['setsid', ''],
])
const KEYWORDS = new Set(['if', 'then', 'else', 'elif', 'do', 'while', 'until', '!', 'fi', 'done'])
/** Programs that write the files they are given: all of them, or the last. */
const WRITERS: Readonly<Record<string, 'all' | 'last'>> = {
  rm: 'all',
  rmdir: 'all',
  unlink: 'all',
  shred: 'all',
  truncate: 'all',
  touch: 'all',
  mkdir: 'all',
  tee: 'all',
  mv: 'all',
  chmod: 'all',
  chown: 'all',
  cp: 'last',
  ln: 'last',
  install: 'last',
  rsync: 'last',
  scp: 'last',
}
const MAX_DEPTH = 5
const OPAQUE: ShellReading = { commands: [], writes: [], isWhole: false }

export function readShell(line: string, depth = 0): ShellReading {
  if (depth > MAX_DEPTH) return OPAQUE
  const { tokens, inner, isWhole } = shellWords(line)
  const readings = inner.map((one) => readShell(one, depth + 1))
  const writes: string[] = []
  let words: string[] = []
  let redirect: { readonly writes: boolean } | null = null
  let isPiped = false
  const close = (isPipe: boolean): void => {
    if (words.length > 0) readings.push(readWords(words, { depth, isPiped }))
    words = []
    isPiped = isPipe
  }
  for (const token of tokens) {
    if (token.type === 'end') close(token.isPipe)
    else if (token.type === 'redirect') redirect = token
    else if (redirect === null) words.push(token.text)
    else {
      if (redirect.writes && token.text !== '/dev/null') writes.push(token.text)
      redirect = null
    }
  }
  close(false)
  return join([{ commands: [], writes, isWhole }, ...readings])
}

/** A program with its arguments, which no shell has cut. */
export function readArgv(argv: readonly string[]): ShellReading {
  return argv.length === 0 ? OPAQUE : readWords(argv, { depth: 0, isPiped: false })
}

function readWords(
  words: readonly string[],
  { depth, isPiped }: { readonly depth: number; readonly isPiped: boolean },
): ShellReading {
  const { argv, isWhole } = unwrap(words)
  if (!isWhole) return { ...told(argv), isWhole }
  const [program = '', ...args] = argv
  const name = program.split('/').at(-1) ?? program
  if (argv.length === 0) return { commands: [], writes: [], isWhole: true }
  if (name === 'eval') return join([told(argv), readShell(args.join(' '), depth + 1)])
  if (SHELLS.has(name)) {
    const at = args.findIndex((arg) => /^-[a-z]*c$/.test(arg))
    const script = at === -1 ? undefined : args[at + 1]
    if (script !== undefined) return join([told(argv), readShell(script, depth + 1)])
    // It runs what it is fed.
    return isPiped || args.length === 0 || args.includes('-s')
      ? { ...told(argv), isWhole: false }
      : told(argv)
  }
  // What is computed could be anything.
  if (/[$*?]/.test(program)) return { ...told(argv), isWhole: false }
  return told(argv)
}

interface Unwrapped {
  readonly argv: readonly string[]
  /** false: an option may or may not take the word behind it. */
  readonly isWhole: boolean
}

/** Leaves out assignments, words of the language, and programs that only run the next; one that runs nothing stays. */
function unwrap(words: readonly string[]): Unwrapped {
  let at = 0
  let isWhole = true
  while (at < words.length) {
    const word = words[at] ?? ''
    const valued = WRAPPERS.get(word.split('/').at(-1) ?? word)
    if (valued !== undefined) {
      const options = optionsOf(words.slice(at + 1), valued)
      if (at + 1 + options.count >= words.length) break
      isWhole &&= options.isWhole
      at += 1 + options.count
    } else if (KEYWORDS.has(word) || /^[A-Za-z_]\w*=/.test(word)) at += 1
    else break
  }
  return { argv: words.slice(at), isWhole }
}

/** How many of these words are a wrapper's own options, with their values. */
function optionsOf(words: readonly string[], valued: string): { count: number; isWhole: boolean } {
  let count = 0
  let isWhole = true
  for (; /^-|^[\d.]+[smhd]?$/.test(words[count] ?? ''); count += 1) {
    const option = words[count] ?? ''
    if (option === '--') return { count: count + 1, isWhole }
    if (/^--[^=]+$/.test(option) || /^-[^-]*S/.test(option)) isWhole = false
    else if (/^-[A-Za-z]+$/.test(option) && valued.includes(option.at(-1) ?? '')) count += 1
  }
  return { count, isWhole }
}

function told(argv: readonly string[]): ShellReading {
  return { commands: [argv], writes: writtenBy(argv), isWhole: true }
}

function writtenBy([program = '', ...args]: readonly string[]): readonly string[] {
  const name = program.split('/').at(-1) ?? program
  const files = args.filter((arg) => !arg.startsWith('-'))
  if (name === 'dd') return args.filter((arg) => arg.startsWith('of=')).map((arg) => arg.slice(3))
  const inPlace = args.some((arg) => /^-[a-zA-Z]*i|^--in-place/.test(arg))
  if ((name === 'sed' || name === 'perl') && inPlace) return files.slice(1)
  const which = WRITERS[name]
  if (which === undefined) return []
  return which === 'all' ? files : files.slice(-1)
}

function join(readings: readonly ShellReading[]): ShellReading {
  return {
    commands: readings.flatMap(({ commands }) => commands),
    writes: readings.flatMap(({ writes }) => writes),
    isWhole: readings.every(({ isWhole }) => isWhole),
  }
}
