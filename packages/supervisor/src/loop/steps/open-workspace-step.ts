import { randomUUID } from 'node:crypto'
import { allowedEnvironment } from '../../process/environment.ts'
import { MAX_OUTPUT_BYTES, runCommand } from '../../process/run-command.ts'
import { SupervisorError } from '../../supervisor-error.ts'
import { remainingMs } from '../../session/decide.ts'
import { makePlace } from '../../workspace/place.ts'
import { printRepository } from '../../workspace/repository-watch.ts'
import { type TaskRun, contractOf, outputFile, snapshotTree, workspaceOf } from '../task-run.ts'

/** Longest that setting up may take. */
const SETUP_MS = 15 * 60_000
const SHOWN_CHARACTERS = 500

/** Makes the place the task is done in, and records the files as they are before anything acts on them. */
export async function openWorkspaceStep(run: TaskRun): Promise<void> {
  const { workspace: order, workingDir } = contractOf(run)
  const { sessionDir, taskId: sessionId } = run
  const setUp = async (dir: string): Promise<void> => {
    if (order.setup !== null) await runSetup(run, order.setup, dir)
  }
  const made =
    order.mode === 'in-place' ? null : await makePlace({ sessionId, sessionDir, workingDir, order, setUp })
  const place = made === null ? null : { mode: made.mode, dir: made.dir, branch: made.branch }
  const workspace = await workspaceOf(run)
  const baseTree = await snapshotTree(run)
  await workspace.own()
  const { git, dirty } = workspace
  const repository = await printRepository(workingDir)
  await run.journal.append({ type: 'workspace.opened', git, dirty, baseTree, place, repository })
}

/** Runs the setup command. Throws `WORKSPACE_SETUP` unless it ends with 0. */
async function runSetup(run: TaskRun, command: string, dir: string): Promise<void> {
  const marker = randomUUID()
  await run.journal.append({ type: 'notice', level: 'info', text: `Setting up: ${command}` })
  await run.journal.append({ type: 'process.starting', marker, what: `setup ${command}` })
  const result = await runCommand({
    command,
    cwd: dir,
    env: allowedEnvironment(run.env),
    marker,
    outputFile: outputFile(run, 'setup'),
    timeoutMs: Math.max(1, Math.min(SETUP_MS, remainingMs(run.journal.state, Date.now()))),
    graceMs: run.graceMs,
    maxOutputBytes: MAX_OUTPUT_BYTES,
    signal: run.signal,
  })
  run.signal.throwIfAborted()
  if (result.code === 0 && result.endedBy === null) return
  const how = result.endedBy === 'time' ? 'took too long' : `ended with ${result.code ?? result.signal}`
  throw new SupervisorError(
    'WORKSPACE_SETUP',
    `The setup command \`${command}\` ${how}: ${result.output.trim().slice(-SHOWN_CHARACTERS)}`,
  )
}
