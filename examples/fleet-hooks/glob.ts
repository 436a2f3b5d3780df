/**
 * A test for paths with forward slashes. `*` and `?` stop at a slash, `**` does not; a pattern without a slash means a name
 * at any depth. Case does not count, as on many file systems.
 */
export function globTest(patterns: readonly string[]): (path: string) => boolean {
  const expressions = patterns.map((pattern) => {
    const anywhere = pattern.includes('/') ? '' : '(?:.*/)?'
    return new RegExp(`^${anywhere}${source(pattern.replace(/^\//, ''))}$`, 'i')
  })
  return (path) => expressions.some((expression) => expression.test(path))
}

function source(pattern: string): string {
  return pattern.replaceAll(/\*\*\/|\*\*|\*|\?|[.+^${}()|[\]\\]/g, (found) => {
    switch (found) {
      case '**/':
        return '(?:.*/)?'
      case '**':
        return '.*'
      case '*':
        return '[^/]*'
      case '?':
        return '[^/]'
      default:
        return `\\${found}`
    }
  })
}
