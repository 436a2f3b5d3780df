import picomatch from 'picomatch'

/**
 * A test for paths relative to the working directory. A pattern without a slash means a name at any depth, one that
 * matches a folder means all below it, and case does not count, as on many file systems.
 */
export function pathTest(patterns: readonly string[]): (path: string) => boolean {
  if (patterns.length === 0) return () => false
  const whole = patterns.map((pattern) => pattern.replace(/^\.?\//, '').replace(/\/$/, ''))
  const deep = whole.map((pattern) => (pattern.includes('/') ? pattern : `**/${pattern}`))
  return picomatch(
    deep.flatMap((pattern) => [pattern, `${pattern}/**`]),
    { dot: true, nocase: true },
  )
}
