const TEST_NAMES: readonly RegExp[] = [
  /\.(test|spec)\.[cm]?[jt]sx?$/,
  /(^|\/)(__tests__|tests?|specs?)\/.*\.([cm]?[jt]sx?|py|rb|go|rs|java|kt|cs|php)$/,
  /(^|\/)test_[^/]+\.py$/,
  /_(test|spec)\.(py|go|rb|exs|dart)$/,
  /Tests?\.(java|kt|cs|php)$/,
]

/** Files that set how tests are found and run. */
const TEST_CONFIGURATION =
  /(^|\/)((vitest|jest|vite)\.config\.[cm]?[jt]s|vitest\.workspace\.[cm]?[jt]s|\.mocharc(\.\w+)?|pytest\.ini|tox\.ini|noxfile\.py|conftest\.py|karma\.conf\.js|\.nycrc(\.\w+)?|\.c8rc(\.\w+)?|\.coveragerc)$/

/** Files that hold such settings among others. */
const MAY_CONFIGURE =
  /(^|\/)(package\.json|pyproject\.toml|setup\.cfg|Cargo\.toml|pom\.xml|build\.gradle(\.kts)?|Makefile)$/

const SNAPSHOT = /\.snap$|(^|\/)__snapshots__\//

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
  /@unittest\.(?:skip|expectedFailure)|@skip(?:If|Unless)?\b|\bself\.skipTest\s*\(/,
  /\b[a-z]\.Skip(?:f|Now)?\s*\(/,
  /#\[ignore\b/,
  /@(?:Disabled|Ignore)\b/,
]

/** Lines that hold something against what is expected. */
const ASSERTION =
  /\bexpect(?:\.\w+)?\s*\(|\bassert\w*(?:\.\w+)*\s*[(!]|^\s*assert\s|\bself\.assert\w+\(|\b(?:t|b)\.(?:Error|Fatal|Fail)\w*\(|\brequire\.\w+\(|\.should\b|\b(?:debug_)?assert\w*!\(|\bpytest\.raises\(|\bassertThat\(|\bverify\(/

/** Assertions that hold whatever the code does. */
const TAUTOLOGY =
  /\bexpect\(\s*(true|1|''|"")\s*\)\.(?:toBe|toEqual|toStrictEqual)\(\s*\1\s*\)|\bexpect\(\s*true\s*\)\.toBeTruthy\(|^\s*assert\s+(?:True|1(?:\s*==\s*1)?)\s*(?:#.*)?$|\bassert(?:\.ok|\.equal|\.strictEqual)?\(\s*(?:true|1)\s*(?:,\s*(?:true|1)\s*)?\)|\bself\.assertTrue\(\s*True\s*\)|\bassert!\(\s*true\s*\)|\bassertTrue\(\s*true\s*\)/

/** Code of a test that ends the run as if it had gone well. */
const FAKED_END =
  /\bprocess\.exit\(\s*0?\s*\)|\bprocess\.exitCode\s*=\s*0\b|\b(?:sys|os)\._?exit\(\s*0?\s*\)|\bos\.Exit\(\s*0\s*\)|\bstd::process::exit\(\s*0\s*\)|\bSystem\.exit\(\s*0\s*\)/

export function isTestFile(path: string): boolean {
  return TEST_NAMES.some((pattern) => pattern.test(path))
}

export function isTestConfiguration(path: string): boolean {
  return TEST_CONFIGURATION.test(path)
}

/** Whether a file may set how tests are run, or what they must reach. */
export function mayConfigureTests(path: string): boolean {
  return isTestConfiguration(path) || MAY_CONFIGURE.test(path)
}

/** Recorded expectations that a test runner writes by itself. */
export function isSnapshot(path: string): boolean {
  return SNAPSHOT.test(path)
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

/** Whether the line can tell right from wrong. */
export function asserts(line: string): boolean {
  return ASSERTION.test(line) && !TAUTOLOGY.test(line)
}

export function endsAsIfPassed(line: string): boolean {
  return FAKED_END.test(line)
}
