import type { CommandNode, OptionNode } from './command-tree.ts'

export const SHELLS = ['bash', 'zsh', 'fish'] as const
export type Shell = (typeof SHELLS)[number]

const BINS = ['agentproxy', 'pa'] as const

/** A script that completes commands, options and their values, without starting anything while it does. */
export function completionScript(shell: Shell, tree: readonly CommandNode[]): string {
  switch (shell) {
    case 'bash':
      return `${bashFunction(tree)}complete -o default -F _agentproxy ${BINS.join(' ')}\n`
    case 'zsh':
      // zsh runs bash's completions with a little help of its own.
      return `autoload -Uz compinit bashcompinit && compinit && bashcompinit\n${bashFunction(tree)}complete -o default -F _agentproxy ${BINS.join(' ')}\n`
    case 'fish':
      return fishScript(tree)
  }
}

function bashFunction(tree: readonly CommandNode[]): string {
  const steps = tree
    .filter((node) => node.path !== '')
    .map((node) => `      ${quote(parentOf(node.path) + lastOf(node.path))}) at=${quote(node.path)} ;;`)
  const values = tree.flatMap((node) =>
    node.options.filter((option) => option.takesValue).map((option) => bashValue(node, option)),
  )
  const words = tree.map((node) => {
    const all = [...node.commands, ...node.options.map((option) => option.long)]
    return `    ${quote(node.path)}) words=${quote(all.join(' '))} ;;`
  })
  return `_agentproxy() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD-1]}" at='' words='' i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$at/\${COMP_WORDS[i]}" in
${steps.join('\n')}
    esac
  done
  COMPREPLY=()
  case "$at/$prev" in
${values.join('\n')}
  esac
  case "$at" in
${words.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
`
}

function bashValue(node: CommandNode, { long, short, choices }: OptionNode): string {
  const names = [long, short].filter((name) => name !== null).map((name) => quote(`${node.path}/${name}`))
  // Without choices the shell completes files.
  const reply =
    choices.length === 0 ? '' : `COMPREPLY=($(compgen -W ${quote(choices.join(' '))} -- "$cur")); `
  return `    ${names.join('|')}) ${reply}return ;;`
}

function parentOf(path: string): string {
  return `${path.split(' ').slice(0, -1).join(' ')}/`
}

function lastOf(path: string): string {
  return path.split(' ').at(-1) ?? ''
}

function fishScript(tree: readonly CommandNode[]): string {
  const lines = BINS.flatMap((bin) =>
    tree.flatMap((node) => {
      const when = node.path === '' ? '__fish_use_subcommand' : seen(node)
      const commands = node.commands.map((name) => {
        const child = tree.find((one) => one.path === `${node.path} ${name}`.trim())
        return `complete -c ${bin} -n ${quote(when)} -f -a ${name} -d ${quote(child?.description ?? '')}`
      })
      return [...commands, ...node.options.map((option) => fishOption(bin, when, option))]
    }),
  )
  return `${lines.join('\n')}\n`
}

function seen({ path, commands }: CommandNode): string {
  const words = path.split(' ').map((word) => `__fish_seen_subcommand_from ${word}`)
  const none = commands.length === 0 ? [] : [`not __fish_seen_subcommand_from ${commands.join(' ')}`]
  return [...words, ...none].join('; and ')
}

function fishOption(bin: string, when: string, option: OptionNode): string {
  const { long, short, takesValue, choices, description } = option
  const parts = [`complete -c ${bin} -n ${quote(when)} -l ${long.replace(/^--/, '')}`]
  if (short !== null && short !== long) parts.push(`-s ${short.replace(/^-/, '')}`)
  if (takesValue) parts.push(choices.length === 0 ? '-r' : `-x -a ${quote(choices.join(' '))}`)
  return [...parts, `-d ${quote(description)}`].join(' ')
}

/** A word for any of the three shells. */
function quote(text: string): string {
  return `'${text.replaceAll('\\', '').replaceAll("'", '’')}'`
}
