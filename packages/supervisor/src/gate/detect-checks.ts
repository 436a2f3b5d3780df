import type { CommandCheckSpec } from '@agentproxy/plugin'
import { detectJvm, detectTargets } from './detect/detect-build-tools.ts'
import { detectNode } from './detect/detect-node.ts'
import { detectPython } from './detect/detect-python.ts'
import { type Clue, openProject } from './detect/project-files.ts'
import { commandCheck } from './parse-checks.ts'

export interface DetectedChecks {
  readonly checks: readonly CommandCheckSpec[]
  /** Commands that could be checks too, each with where it was seen. They are told, not run: a build may write files. */
  readonly suggestions: readonly Clue[]
}

/**
 * The test commands a project shows by the files at its root, of every language found there. Packages further down are
 * the root's affair. Nothing is run.
 */
export async function detectChecks(workingDir: string): Promise<DetectedChecks> {
  const project = openProject(workingDir)
  const node = await detectNode(project)
  const found = [...node.tests, ...(await detectPython(project)), ...(await detectJvm(project))]
  if (await project.has('go.mod')) found.push({ command: 'go test ./...', because: 'go.mod' })
  if (await project.has('Cargo.toml')) found.push({ command: 'cargo test', because: 'Cargo.toml' })
  // A Makefile or justfile usually wraps one of the others.
  if (found.length === 0) found.push(...(await detectTargets(project)))
  return {
    checks: found.map(({ command, because }) => ({ ...commandCheck(command), because })),
    suggestions: node.suggestions,
  }
}
