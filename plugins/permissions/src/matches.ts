import { posix } from 'node:path'
import type { Rule } from './config.ts'

/** What is known of a tool call. */
export interface Call {
  readonly tool: string
  readonly paths: readonly string[]
  readonly commands: readonly (readonly string[])[]
}

/**
 * Whether a rule is about a call. `some`, for what forbids: one file or one command of many is enough. `every`, for what
 * allows: all of them have to be meant, so that nothing rides along behind `&&`.
 */
export function matches(rule: Rule, call: Call, how: 'some' | 'every'): boolean {
  const isMeant = <T>(list: readonly T[], test: (one: T) => boolean): boolean =>
    list.length > 0 && (how === 'some' ? list.some(test) : list.every(test))
  const { tools, paths, commands } = rule
  if (tools !== undefined && !tools.some((pattern) => wildcard(pattern).test(call.tool))) return false
  if (paths !== undefined && !isMeant(call.paths, (path) => paths.some((one) => isPath(one, path))))
    return false
  return (
    commands === undefined || isMeant(call.commands, (argv) => commands.some((one) => isCommand(one, argv)))
  )
}

/** `*` stands for anything. */
function wildcard(pattern: string): RegExp {
  return new RegExp(`^${pattern.split('*').map(escape).join('[^]*')}$`, 'i')
}

/** A pattern without a leading slash may begin at any folder; small and capital letters are alike, as on some disks. */
function isPath(pattern: string, path: string): boolean {
  const clean = posix.normalize(path.replaceAll('\\', '/'))
  const parts = pattern.split(/(\*\*\/|\*\*|\*|\?)/).map((part) => {
    if (part === '**/') return '(?:[^]*/)?'
    if (part === '**') return '[^]*'
    if (part === '*') return '[^/]*'
    return part === '?' ? '[^/]' : escape(part)
  })
  // A folder stands for what is in it.
  const body = `${parts.join('')}(?:/[^]*)?`
  return new RegExp(pattern.startsWith('/') ? `^${body}$` : `^(?:[^]*/)?${body}$`, 'i').test(clean)
}

/** `git push *` is about `git push` too. The program may be named with its path. */
function isCommand(pattern: string, argv: readonly string[]): boolean {
  const [program = '', ...args] = argv
  const lines = [argv.join(' '), [program.split('/').at(-1), ...args].join(' ')]
  const meant = [wildcard(pattern), ...(pattern.endsWith(' *') ? [wildcard(pattern.slice(0, -2))] : [])]
  return lines.some((line) => meant.some((one) => one.test(line)))
}

function escape(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\/]/g, '\\$&')
}
