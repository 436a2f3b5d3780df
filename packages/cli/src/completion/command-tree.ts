import type { Command } from 'commander'

/** What completion has to know of a command. */
export interface CommandNode {
  /** Words that lead to it, such as `plugins list`; `''` for the program itself. */
  readonly path: string
  readonly description: string
  readonly commands: readonly string[]
  readonly options: readonly OptionNode[]
  readonly takesArguments: boolean
}

export interface OptionNode {
  /** With its dashes. */
  readonly long: string
  readonly short: string | null
  readonly description: string
  readonly takesValue: boolean
  /** The only values it takes; empty = any. */
  readonly choices: readonly string[]
}

/** The program and every command below it, hidden ones left out. */
export function commandTree(program: Command): readonly CommandNode[] {
  return visit(program, '')
}

function visit(command: Command, path: string): readonly CommandNode[] {
  const node: CommandNode = {
    path,
    description: command.description(),
    commands: command.commands.map((child) => child.name()),
    takesArguments: command.registeredArguments.length > 0,
    options: [
      ...command.options.map((option): OptionNode => ({
        long: option.long ?? option.short ?? '',
        short: option.short ?? null,
        description: option.description,
        takesValue: option.required || option.optional,
        choices: option.argChoices ?? [],
      })),
      { long: '--help', short: '-h', description: 'print help', takesValue: false, choices: [] },
    ],
  }
  const below = command.commands.flatMap((child) => visit(child, `${path} ${child.name()}`.trim()))
  return [node, ...below]
}
