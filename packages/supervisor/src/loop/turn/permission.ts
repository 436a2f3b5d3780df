import { access, readlink, realpath } from 'node:fs/promises'
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path'
import type {
  AgentPermissionAnswer,
  AgentPermissionRequest,
  FileChange,
  PermissionAnswer,
  PermissionOption,
} from '@agentproxy/plugin'
import { type TaskRun, workspaceOf } from '../task-run.ts'
import { fileGuard } from './file-guard.ts'

interface Ruling extends PermissionAnswer {
  readonly by: string
}

/** Answers an agent that asks before acting: the working directory's border, protected paths and `file.change`, `permission.request`, then allow. */
export async function decidePermission(
  run: TaskRun,
  turn: number,
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
    (await askPlugins(run, { ...request, paths })) ??
    ({
      decision: 'allow',
      reason: 'allowed by default in the working directory',
      by: 'policy',
    } satisfies Ruling)
  const { decision, reason, by } = ruling
  await run.journal.append({
    type: 'permission.decided',
    turn,
    tool: request.tool,
    title: request.title,
    decision,
    reason,
    by,
  })
  return { decision, reason, option: optionFor(ruling, request.options) }
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
