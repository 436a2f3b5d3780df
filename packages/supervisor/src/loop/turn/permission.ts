import { access, readlink, realpath } from 'node:fs/promises'
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path'
import type {
  AgentPermissionAnswer,
  AgentPermissionRequest,
  FileChange,
  PermissionAnswer,
  PermissionOption,
} from '@agentproxy/plugin'
import { type ApprovalMode, applyRules, standingAnswer } from '../../session/permission-rules.ts'
import { type TaskRun, contractOf, workspaceOf } from '../task-run.ts'
import { type AskingTurn, type Ruling, askPerson } from './ask-person.ts'
import { fileGuard } from './file-guard.ts'

/**
 * Answers an agent that asks before acting. The first that speaks decides: the working directory's border, protected
 * paths and `file.change`, rules that deny, `permission.request`, what a person said before, the other rules, the mode;
 * where that is to ask, a person.
 */
export async function decidePermission(
  run: TaskRun,
  asking: AskingTurn,
  request: AgentPermissionRequest,
): Promise<AgentPermissionAnswer> {
  const { dir } = await workspaceOf(run)
  const writes = request.kind === 'edit' || request.kind === 'delete'
  const paths = await Promise.all(
    request.paths.map(async (path) =>
      placeIn(dir, request.kind === 'delete' ? path : await target(dir, path)),
    ),
  )
  const ruling =
    (writes ? (border(paths) ?? (await askFileChange(run, request, { dir, paths }))) : null) ??
    (await byPolicy(run, asking, { ...request, paths }))
  const { decision, reason, by, id = null, standing = null } = ruling
  const { tool, title } = request
  await run.journal.append({
    type: 'permission.decided',
    id,
    standing,
    turn: asking.turn,
    tool,
    title,
    decision,
    reason,
    by,
  })
  return { decision, reason, option: optionFor(ruling, request.options) }
}

async function byPolicy(run: TaskRun, asking: AskingTurn, request: AgentPermissionRequest): Promise<Ruling> {
  const { approve, permissions } = contractOf(run)
  const { kind, paths } = request
  const text = textOf(request)
  const { verdict, rule } = applyRules(permissions, approve, { kind, paths, text })
  const byRule = { by: 'policy', reason: rule === null ? modeReason(approve, verdict) : `the rule ${rule}` }
  if (verdict === 'deny' && rule !== null) return { decision: 'deny', ...byRule }
  const before = await askPlugins(run, request)
  if (before !== null) return before
  const said = standingAnswer(run.journal.state.standing, { tool: request.tool, toolKind: kind, text })
  if (said !== null) return { decision: said, by: 'person', reason: 'the person said so for the whole task' }
  if (verdict !== 'ask') return { decision: verdict, ...byRule }
  return askPerson(run, asking, { ...request, text })
}

function modeReason(approve: ApprovalMode, verdict: 'allow' | 'ask' | 'deny'): string {
  if (verdict === 'deny') return 'the task is run with --approve deny'
  return approve === 'auto' ? 'allowed by default in the working directory' : 'it only looks'
}

/** The command line or address, as far as the agent tells. */
function textOf({ kind, input, title }: AgentPermissionRequest): string | null {
  if (kind !== 'execute' && kind !== 'fetch') return null
  const said = typeof input === 'object' && input !== null ? Object.values(pick(input)).find(isText) : null
  return said ?? title
}

function pick(input: object): Readonly<Record<string, unknown>> {
  const { command, cmd, url } = input as Readonly<Record<string, unknown>>
  return { command: Array.isArray(command) ? command.join(' ') : command, cmd, url }
}

function isText(value: unknown): value is string {
  return typeof value === 'string'
}

const ONCE: readonly PermissionOption[] = ['allow_once', 'reject_once']

/** The answer in the words the agent offered. `always` where it has no such option becomes once: it will ask again. */
function optionFor(
  { decision, always }: PermissionAnswer,
  options: readonly PermissionOption[] = ONCE,
): PermissionOption {
  const once = decision === 'allow' ? 'allow_once' : 'reject_once'
  const lasting = decision === 'allow' ? 'allow_always' : 'reject_always'
  return always === true && options.includes(lasting) ? lasting : once
}

const LONGEST_CHAIN = 40

// What writing to a path would write to: a link is followed, even where it leads to nothing yet.
async function target(dir: string, path: string): Promise<string> {
  let wanted = resolve(dir, path)
  for (let links = 0; links < LONGEST_CHAIN; links++) {
    const next = await readlink(wanted).catch(() => null)
    if (next === null) return wanted
    wanted = resolve(await realpath(dirname(wanted)).catch(() => dirname(wanted)), next)
  }
  return wanted
}

// Relative to the working directory, links on the way resolved: a link may lead out.
async function placeIn(dir: string, path: string): Promise<string> {
  const wanted = resolve(dir, path)
  let existing = dirname(wanted)
  let real = await realpath(existing).catch(() => null)
  while (real === null && existing !== dirname(existing)) {
    existing = dirname(existing)
    real = await realpath(existing).catch(() => null)
  }
  return relative(dir, join(real ?? existing, relative(existing, wanted)))
    .split(sep)
    .join('/')
}

function border(paths: readonly string[]): Ruling | null {
  const outside = paths.find((path) => path.startsWith('../') || path === '..' || isAbsolute(path))
  return outside === undefined
    ? null
    : { decision: 'deny', reason: `${outside} is outside the working directory`, by: 'policy' }
}

async function askFileChange(
  run: TaskRun,
  request: AgentPermissionRequest,
  files: { readonly dir: string; readonly paths: readonly string[] },
): Promise<Ruling | null> {
  const refuse = fileGuard(run)
  if (refuse === null) return null
  for (const path of files.paths) {
    const operation = request.kind === 'delete' ? 'delete' : await writeOperation(resolve(files.dir, path))
    const refusal = await refuse({ path, operation, phase: 'before' })
    if (refusal !== null) return { decision: 'deny', ...refusal }
  }
  return null
}

async function writeOperation(file: string): Promise<FileChange['operation']> {
  return access(file).then(
    () => 'modify',
    () => 'create',
  )
}

async function askPlugins(run: TaskRun, request: AgentPermissionRequest): Promise<Ruling | null> {
  const { tool, kind, title, input, paths } = request
  const answer = await run.host.live.hooks['permission.request']?.({
    taskId: run.taskId,
    tool,
    kind,
    title,
    input,
    paths,
  })
  return answer === null || answer === undefined ? null : { ...answer, by: 'plugin' }
}
