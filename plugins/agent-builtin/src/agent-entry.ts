import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** The program of the agent's process; beside this file in a build, in `dist` when this runs from its sources. */
export function findAgentEntry(from: string = import.meta.url): string | null {
  return (
    ['./agent-process.js', '../dist/agent-process.js']
      .map((path) => fileURLToPath(new URL(path, from)))
      .find((file) => existsSync(file)) ?? null
  )
}
