const TEST_NAMES: readonly RegExp[] = [
  /\.(test|spec)\.[cm]?[jt]sx?$/,
  /(^|\/)(__tests__|tests?|specs?)\/.*\.([cm]?[jt]sx?|py|rb|go|rs|java|kt|cs|php)$/,
  /(^|\/)test_[^/]+\.py$/,
  /_(test|spec)\.(py|go|rb|exs|dart)$/,
  /Tests?\.(java|kt|cs|php)$/,
]

/** Files that set how tests are found and run. */
const TEST_CONFIGURATION =
  /(^|\/)((vitest|jest|vite)\.config\.[cm]?[jt]s|\.mocharc(\.\w+)?|pytest\.ini|tox\.ini|conftest\.py|karma\.conf\.js)$/

/** Lines that declare a test, in the languages whose reporters are recognised. */
const DECLARATION =
  /^\s*(?:(?:it|test)(?:\.\w+)*\s*[(`]|(?:async\s+)?def test_\w*|func Test\w+\(|#\[(?:\w+::)?test\]|@Test\b|x?it\s*\()/

/** Lines that take a test out of the run, or all the others. */
const DISABLED: readonly RegExp[] = [
  /\b(?:it|test|describe|suite|context)(?:\.\w+)*\.(?:skip|only|todo|failing|fails|skipIf)\b/,
  /\b(?:xit|xdescribe|xtest|xcontext|fit|fdescribe)\s*\(/,
  /[{,]\s*(?:skip|todo|only)\s*:\s*(?!false\b)\S/,
  /\b(?:t|ctx|context|this)\.skip\s*\(/,
  /@pytest\.mark\.(?:skip|skipif|xfail)\b|\bpytest\.(?:skip|xfail)\s*\(/,
  /@unittest\.skip|@skip(?:If|Unless)?\b|\bself\.skipTest\s*\(/,
  /\b[a-z]\.Skip(?:f|Now)?\s*\(/,
  /#\[ignore\b/,
  /@(?:Disabled|Ignore)\b/,
]

export function isTestFile(path: string): boolean {
  return TEST_NAMES.some((pattern) => pattern.test(path))
}

export function isTestConfiguration(path: string): boolean {
  return TEST_CONFIGURATION.test(path)
}

/** Whether a file may hold tests beside code, as in Rust. */
export function mayHoldTests(path: string): boolean {
  return isTestFile(path) || path.endsWith('.rs')
}

export function declaresTest(line: string): boolean {
  return DECLARATION.test(line)
}

export function disablesTest(line: string): boolean {
  return DISABLED.some((pattern) => pattern.test(line))
}
