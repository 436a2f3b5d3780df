import type { PatchFile } from './read-patch.ts'
import { mayConfigureTests } from './test-files.ts'

const THRESHOLD =
  /["']?\b(lines|branches|functions|statements|fail[-_]under|cov-fail-under|minimum|fail-under-lines)\b["']?\s*[:=]?\s*["']?(\d+(?:\.\d+)?)/g

/** A line after which the exit code no longer tells what happened before. */
const HIDDEN_EXIT =
  /\|\|\s*(?:true|:|exit\s+0|echo\b)|;\s*(?:exit\s+0|true|:)\s*(?:["'\\]|$)|^\s*set\s+\+e\b|--passWithNoTests\b|^\t-\S|^\s*exit\s+0\s*$|\bcontinue-on-error:\s*true/
const SHELL_FILE = /\.(?:sh|bash|zsh|ya?ml)$|(^|\/)(?:Makefile|GNUmakefile|[Jj]ustfile|tox\.ini|noxfile\.py)$/

/** Settings that leave tests out of the run, wherever they stand. */
const LEAVES_OUT =
  /\b(?:testPathIgnorePatterns|modulePathIgnorePatterns|collect_ignore(?:_glob)?|norecursedirs|excludedGroups|skipTests|testNamePattern)\b|--(?:ignore(?:-glob)?|deselect)[= ]|-DskipTests/
/** The same where nothing but tests is configured. */
const LEAVES_OUT_HERE = /\bexclude\b/
const TESTS_ONLY = /(^|\/)(?:vitest|jest)\.(?:config|workspace)\.|(^|\/)(?:pytest\.ini|tox\.ini|\.mocharc)/

/** What a run must reach of coverage, by name, in the order it is written. */
function thresholds(text: string): ReadonlyMap<string, readonly number[]> {
  const found = new Map<string, number[]>()
  for (const [, name = '', value] of text.matchAll(THRESHOLD))
    found.set(name, [...(found.get(name) ?? []), Number(value)])
  return found
}

/** Whether a threshold became lower or went away. */
export function lowersCoverage(before: string, after: string): boolean {
  const now = thresholds(after)
  return [...thresholds(before)].some(([name, values]) => {
    const left = now.get(name) ?? []
    return left.length < values.length || values.some((value, at) => (left[at] ?? 0) < value)
  })
}

/** Files whose added lines hide how a command they run ended. */
export function hidingExitCodes(files: readonly PatchFile[]): readonly string[] {
  return files
    .filter(({ path, added, removed }) => SHELL_FILE.test(path) && more(added, removed, hidesExit))
    .map(({ path }) => path)
}

function hidesExit(line: string): boolean {
  return HIDDEN_EXIT.test(line)
}

/** Files that configure tests and leave out more of them than before. */
export function leavingOutTests(files: readonly PatchFile[]): readonly string[] {
  return files
    .filter(({ path, added, removed }) => {
      const leaves = (line: string): boolean =>
        LEAVES_OUT.test(line) || (TESTS_ONLY.test(path) && LEAVES_OUT_HERE.test(line))
      return mayConfigureTests(path) && more(added, removed, leaves)
    })
    .map(({ path }) => path)
}

function more(
  added: readonly string[],
  removed: readonly string[],
  matches: (line: string) => boolean,
): boolean {
  return added.filter(matches).length > removed.filter(matches).length
}

/** Those of the paths that the commands name. */
export function namedIn(commands: readonly string[], paths: readonly string[]): readonly string[] {
  const words = commands.flatMap((command) => command.split(/[\s;&|()'"=]+/))
  const named = new Set(words.map((word) => word.replace(/^\.\//, '')))
  return paths.filter((path) => named.has(path))
}
