import type { Command } from 'commander'
import type { Invocation } from '../args/invocation.ts'
import { commandTree } from '../completion/command-tree.ts'
import { completionScript } from '../completion/completion-script.ts'
import type { Shell } from '../completion/completion-script.ts'

/** Prints the script for a shell, made from the commands as they are. */
export async function printCompletion(
  { terminal }: Invocation,
  program: Command,
  shell: Shell,
): Promise<number> {
  terminal.out.write(completionScript(shell, commandTree(program)))
  return 0
}
