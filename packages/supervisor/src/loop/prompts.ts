import { readFile } from 'node:fs/promises'
import { startingTree } from '../session/session-state.ts'
import { fileInTree } from '../workspace/tree-diff.ts'
import { type TaskRun, workspaceOf } from './task-run.ts'

const MAX_CHARACTERS = 16 * 1024

/**
 * A prompt of this package's folder `prompts`, with what the project adds in `.agentproxy/prompts/NAME.md`. The project's
 * words are taken as they were before the first turn, so that no agent writes its own judge's instructions. They add and
 * never replace: who may decide what, and the shape of the answer, stay ours.
 */
export async function readPrompt(run: TaskRun, name: 'decide' | 'judge' | 'review'): Promise<string> {
  const own = await readFile(new URL(`../../prompts/${name}.md`, import.meta.url), 'utf8')
  const added = await ofProject(run, name)
  return own.replace('{{project}}', () => added).trimEnd()
}

async function ofProject(run: TaskRun, name: string): Promise<string> {
  const tree = startingTree(run.journal.state)
  if (tree === null) return ''
  const text = await fileInTree(await workspaceOf(run), tree, `.agentproxy/prompts/${name}.md`)
  if (text === null || text.trim() === '') return ''
  return `\nThe project says, within these rules:\n${text.trim().slice(0, MAX_CHARACTERS)}\n`
}
