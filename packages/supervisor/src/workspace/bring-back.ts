import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ChangedFile } from '../session/task-event.ts'
import { SupervisorError } from '../supervisor-error.ts'
import { restore } from './restore.ts'
import { changedFiles } from './tree-diff.ts'
import type { Workspace } from './workspace.ts'

/** What is about to be written into the person's folder. */
export interface BringPlan {
  /** Their files as they are now, and as they will be. */
  readonly from: string
  readonly to: string
  readonly changes: readonly ChangedFile[]
}

/**
 * Works out their files with the difference of two trees of the task in them, without touching anything. Throws
 * `APPLY_CONFLICT` where they changed the same lines meanwhile.
 */
export async function planBringBack(
  origin: Workspace,
  difference: { readonly from: string; readonly to: string },
): Promise<BringPlan> {
  const { tree: from } = await origin.snapshot()
  const to = from === difference.from ? difference.to : await merged(origin, from, difference)
  return { from, to, changes: await changedFiles(origin, from, to) }
}

/** The same for one that was under way when the process was killed: some of its files are written, some are not. */
export async function planRest(
  origin: Workspace,
  started: { readonly from: string; readonly to: string },
): Promise<BringPlan> {
  const { tree: now } = await origin.snapshot()
  const rest = await changedFiles(origin, now, started.to)
  const unwritten = new Set(rest.map((file) => file.path))
  const touched = await changedFiles(origin, started.from, now)
  const planned = new Set((await changedFiles(origin, started.from, started.to)).map((file) => file.path))
  const edited = touched.filter((file) => unwritten.has(file.path) || !planned.has(file.path))
  if (edited.some((file) => planned.has(file.path)))
    throw conflict(edited.map((file) => file.path).join(', '))
  return { from: now, to: started.to, changes: rest.filter((file) => planned.has(file.path)) }
}

/** Writes the files of a plan. */
export async function bringBack(origin: Workspace, plan: BringPlan): Promise<void> {
  if (plan.changes.length === 0) return
  await restore(
    origin,
    plan.to,
    plan.changes.map((file) => file.path),
  )
}

async function merged(
  origin: Workspace,
  mine: string,
  { from, to }: { readonly from: string; readonly to: string },
): Promise<string> {
  const index = join(origin.gitDir, 'apply-index')
  const patch = join(origin.gitDir, 'apply.patch')
  const env = { GIT_INDEX_FILE: index, GIT_WORK_TREE: origin.dir }
  const diff = [
    'diff-tree',
    '-r',
    '-p',
    '--binary',
    '--full-index',
    '--no-renames',
    '--no-ext-diff',
    '--no-textconv',
  ]
  try {
    await rm(index, { force: true })
    await origin.run(['read-tree', mine], { env })
    await writeFile(patch, (await origin.run([...diff, from, to])).stdout)
    // In the index alone, all of it or nothing.
    const applied = await origin.run(['apply', '--cached', '--whitespace=nowarn', patch], {
      env,
      okCodes: [0, 1, 128],
    })
    if (applied.code !== 0) throw conflict(conflictingFiles(applied.stderr))
    return (await origin.run(['write-tree'], { env })).stdout.toString('utf8').trim()
  } finally {
    await Promise.all([rm(index, { force: true }), rm(patch, { force: true })])
  }
}

function conflictingFiles(stderr: string): string {
  const named = [
    ...stderr.matchAll(
      /^error: (.+?): (?:patch does not apply|already exists|does not exist|does not match)/gm,
    ),
  ]
  const files = [...new Set(named.flatMap((match) => match[1] ?? []))]
  return files.length === 0 ? stderr.trim().slice(-500) : files.join(', ')
}

function conflict(files: string): SupervisorError {
  return new SupervisorError(
    'APPLY_CONFLICT',
    `The result does not fit what was changed in the folder meanwhile: ${files}. Nothing was written.`,
  )
}
