import type { z } from 'zod'
import { didYouMean } from '../args/nearest.ts'
import { CliError } from '../errors.ts'
import { configSchema, PROJECT_KEYS, SERVICE_KEYS } from './config.ts'
import type { ConfigLayer } from './config.ts'

/** Validates what one source says. Throws `CONFIG_INVALID` naming source, path and, for an unknown key, the nearest one. */
export function checkLayer(source: string, value: unknown): ConfigLayer {
  const result = configSchema.safeParse(value)
  if (result.success) return result.data
  const problems = result.error.issues.map((issue) => `${source}: ${explain(issue, value)}`)
  throw new CliError('CONFIG_INVALID', problems.join('\n'))
}

/** The same for a project's own file, which is not trusted to name programs, credentials or upstreams. */
export function checkProjectLayer(source: string, value: unknown, userFile: string): ConfigLayer {
  const layer = checkLayer(source, value)
  const refused = [
    ...Object.keys(layer).filter((key) => !PROJECT_KEYS.some((allowed) => allowed === key)),
    ...SERVICE_KEYS.filter((key) => layer.supervisor?.[key] !== undefined).map((key) => `supervisor.${key}`),
  ]
  // Whether their repository gets a worktree is for the person to say.
  if (layer.supervisor?.workspace !== undefined) refused.push('supervisor.workspace')
  if (refused.length === 0) return layer
  throw new CliError('CONFIG_INVALID', `${source}: a project may not set ${refused.join(', ')}`, {
    hint: `A project's file may set ${PROJECT_KEYS.join(' and ')}; put the rest into ${userFile} or a file given with --config.`,
  })
}

function explain(issue: z.core.$ZodIssue, value: unknown): string {
  const at = issue.path.map(String)
  if (issue.code === 'unrecognized_keys') {
    const known = knownKeys(at)
    return issue.keys
      .map((key) => `unknown key "${[...at, key].join('.')}"${didYouMean(key, known)}`)
      .join('; ')
  }
  if (issue.code === 'invalid_union') {
    const inner = issue.errors.flat().find((error) => error.code === 'unrecognized_keys')
    if (inner) return explain({ ...inner, path: [...issue.path, ...inner.path] }, value)
  }
  const where = at.length === 0 ? 'the file' : `"${at.join('.')}"`
  return `${where}: ${issue.message}`
}

/** Keys the schema knows at a path, for the suggestion. */
function knownKeys(path: readonly string[]): readonly string[] {
  const [section] = path
  if (section === undefined) return Object.keys(configSchema.shape)
  if (section === 'checks') return ['name', 'command', 'required', 'timeoutMs']
  const shapes: Readonly<Record<string, object>> = {
    server: configSchema.shape.server.unwrap().shape,
    supervisor: configSchema.shape.supervisor.unwrap().shape,
    permissions: configSchema.shape.permissions.unwrap().shape,
    routing: configSchema.shape.routing.unwrap().shape,
    terminal: configSchema.shape.terminal.unwrap().shape,
    workspace: configSchema.shape.workspace.unwrap().shape,
    store: configSchema.shape.store.unwrap().shape,
    retention: configSchema.shape.retention.unwrap().shape,
  }
  return Object.keys(shapes[section] ?? {})
}
