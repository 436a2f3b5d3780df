import { editFile } from './edit-file.ts'
import { listFiles } from './list-files.ts'
import { readFile } from './read-file.ts'
import { runCommand } from './run-command.ts'
import { search } from './search.ts'
import type { BuiltinTool } from './tool.ts'
import { writeFile } from './write-file.ts'

/** Every tool of the agent, by name. */
export const allTools: ReadonlyMap<string, BuiltinTool> = new Map(
  [readFile, writeFile, editFile, listFiles, search, runCommand].map((tool) => [tool.name, tool]),
)
