import type { CheckSpec } from '@agentproxy/plugin'

/** What a check does, in one line for a person or an agent; without its name. */
export function describeCheck(check: CheckSpec): string {
  switch (check.kind) {
    case 'command':
      return check.command
    case 'file':
      return `${check.path} ${fileDemand(check)}`
    case 'http':
      return `${check.method} ${check.url} answers ${httpDemand(check)}${started(check.start)}`
    case 'browser':
      return `${check.url} opens in a browser without console errors${seen(check)}${started(check.start)}`
    case 'diff-rule':
      return `the changes keep to: ${diffDemands(check).join('; ')}`
    case 'judge':
      return check.requirements.length === 0
        ? 'a model finds the objective met'
        : `a model finds met: ${check.requirements.join('; ')}`
    case 'human':
      return `a person says yes to: ${check.question}`
    case 'plugin':
      return `plugin ${check.plugin} decides`
    default:
      return check satisfies never
  }
}

type Of<Kind extends CheckSpec['kind']> = Extract<CheckSpec, { readonly kind: Kind }>

function fileDemand({ absent, contains, matches }: Of<'file'>): string {
  if (absent) return 'does not exist'
  const says = [
    ...(contains === null ? [] : [`contains ${JSON.stringify(contains)}`]),
    ...(matches === null ? [] : [`matches /${matches}/m`]),
  ]
  return says.length === 0 ? 'exists' : says.join(' and ')
}

function httpDemand({ status, contains }: Of<'http'>): string {
  const code = status.length === 0 ? '2xx' : status.join(' or ')
  return contains === null ? code : `${code} and contains ${JSON.stringify(contains)}`
}

function seen({ waitFor, contains }: Of<'browser'>): string {
  const shows = [
    ...(waitFor === null ? [] : [waitFor]),
    ...(contains === null ? [] : [JSON.stringify(contains)]),
  ]
  return shows.length === 0 ? '' : `, showing ${shows.join(' and ')}`
}

function started(command: string | null): string {
  return command === null ? '' : `, served by \`${command}\``
}

function diffDemands(check: Of<'diff-rule'>): readonly string[] {
  const { only, forbid, needs, forbidAdded, maxFiles, maxLines } = check
  return [
    ...(only.length === 0 ? [] : [`only ${only.join(', ')} may change`]),
    ...(forbid.length === 0 ? [] : [`${forbid.join(', ')} may not change`]),
    ...needs.map((glob) => `${glob} must change`),
    ...forbidAdded.map((source) => `no added line matches /${source}/`),
    ...(maxFiles === null ? [] : [`at most ${maxFiles} files change`]),
    ...(maxLines === null ? [] : [`at most ${maxLines} lines change`]),
  ]
}
