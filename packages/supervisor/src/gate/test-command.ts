import type { CheckSpec, CommandCheckSpec } from '@agentproxy/plugin'

/**
 * The part of `package.json` or a Makefile that decides what the checks' commands run, as comparable text; `''` when it
 * decides nothing.
 */
export function testCommandText(path: string, content: string, checks: readonly CheckSpec[]): string {
  const commands = checks.filter((check) => check.kind === 'command')
  return path === 'Makefile' ? makeTargets(content, commands) : scripts(content, commands)
}

function scripts(content: string, checks: readonly CommandCheckSpec[]): string {
  const names = new Set<string>()
  for (const { command } of checks) {
    for (const [, run, name] of command.matchAll(
      /\b(?:npm|pnpm|yarn|bun)\s+(run(?:-script)?\s+)?([\w:.-]+)/g,
    )) {
      if (run !== undefined || name !== 'install')
        names.add(name === 't' || name === undefined ? 'test' : name)
    }
  }
  const all = readScripts(content)
  const wanted = [...names]
    .flatMap((name) => [`pre${name}`, name, `post${name}`])
    .filter((name) => name in all)
  return wanted.map((name) => `${name}=${JSON.stringify(all[name])}`).join('\n')
}

function readScripts(content: string): Readonly<Record<string, unknown>> {
  try {
    const parsed: unknown = JSON.parse(content)
    const found = typeof parsed === 'object' && parsed !== null && 'scripts' in parsed ? parsed.scripts : null
    return typeof found === 'object' && found !== null ? { ...found } : {}
  } catch {
    return {}
  }
}

function makeTargets(content: string, checks: readonly CommandCheckSpec[]): string {
  const names = checks.flatMap(({ command }) =>
    [...command.matchAll(/\bmake\s+([\w.-]+)/g)].map(([, name]) => name),
  )
  const rules = content.split(/\n(?=\S)/)
  return rules
    .filter((rule) => names.some((name) => rule.startsWith(`${name}:`)))
    .join('\n')
    .trim()
}
