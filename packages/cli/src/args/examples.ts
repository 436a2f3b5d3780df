import type { Command } from 'commander'

/** What `--help` shows of each command in use, by the words that lead to it. */
const EXAMPLES: Readonly<Record<string, readonly string[]>> = {
  run: [
    'pa "make the failing test pass" --check "npm test"',
    'pa "add a --json flag" --agent claude-code --max-turns 5 --max-cost 2',
    'pa "upgrade the linter" --workspace worktree --apply',
  ],
  resume: ['pa resume 3f2a', 'pa resume 3f2a --display json'],
  list: ['pa list', 'pa list --limit 5 --json'],
  show: ['pa show 3f2a', 'pa show 3f2a --json | tail -1'],
  evidence: ['pa evidence 3f2a'],
  diff: ['pa diff 3f2a', 'pa diff 3f2a > change.patch'],
  rollback: ['pa rollback 3f2a', 'pa rollback 3f2a --to 2'],
  apply: ['pa apply 3f2a', 'pa apply 3f2a --unverified'],
  cleanup: ['pa cleanup --older-than 30d --dry-run'],
  clean: ['pa clean 3f2a', 'pa clean 3f2a --discard'],
  serve: ['agentproxy serve', 'agentproxy serve --port 0 --json', 'agentproxy serve --record ./calls'],
  token: ['ANTHROPIC_AUTH_TOKEN=$(agentproxy token) claude'],
  models: ['agentproxy models', 'agentproxy models --json'],
  accounts: ['agentproxy accounts'],
  version: ['agentproxy version'],
  doctor: ['agentproxy doctor', 'agentproxy doctor --offline --json'],
  completion: [
    'agentproxy completion bash >> ~/.bashrc',
    'agentproxy completion zsh >> ~/.zshrc',
    'agentproxy completion fish > ~/.config/fish/completions/agentproxy.fish',
  ],
  logs: ['agentproxy logs 3f2a', 'agentproxy logs 3f2a --turn 2'],
  usage: ['agentproxy usage --by model --since 7d', 'agentproxy usage --by day --json'],
  'keys create': ['agentproxy keys create ci --models "openai/*" --budget-usd 5/day --expires 30d'],
  'keys list': ['agentproxy keys list'],
  'keys revoke': ['agentproxy keys revoke ci'],
  'secrets set': ['agentproxy secrets set my-plugin api-key < key.txt'],
  'secrets list': ['agentproxy secrets list'],
  'secrets delete': ['agentproxy secrets delete my-plugin api-key'],
  'auth providers': ['agentproxy auth providers'],
  'auth login': ['agentproxy auth login claude', 'agentproxy auth login claude --device'],
  'auth status': ['agentproxy auth status'],
  'auth refresh': ['agentproxy auth refresh claude'],
  'auth logout': ['agentproxy auth logout claude'],
  'config show': ['agentproxy config show --origin'],
  'config check': ['agentproxy config check'],
  'config init': ['agentproxy config init'],
  'config schema': ['agentproxy config schema > config.schema.json'],
  'tools list': ['agentproxy tools list'],
  agents: ['agentproxy agents'],
  'checks list': ['agentproxy checks list'],
  'checks run': ['agentproxy checks run --check "npm test"'],
  'checks explain': ['agentproxy checks explain'],
  'checks schema': ['agentproxy checks schema > checks.schema.json'],
  'plugins list': ['agentproxy plugins list'],
  'plugins inspect': ['agentproxy plugins inspect provider-openai'],
  'plugins enable': ['agentproxy plugins enable cache'],
  'plugins disable': ['agentproxy plugins disable cache'],
  'plugins reload': ['agentproxy plugins reload cache'],
  'plugins new': ['agentproxy plugins new my-plugin'],
  'plugins test': ['agentproxy plugins test ./plugins/my-plugin'],
  'plugins commands': ['agentproxy plugins commands'],
  'plugins doctor': ['agentproxy plugins doctor'],
}

/** Adds its examples to the help of each command; one that has none of its own is shown with its arguments. */
export function addExamples(command: Command, path = ''): void {
  const isLeaf = command.commands.length === 0
  const examples = EXAMPLES[path] ?? (isLeaf ? [plainExample(command, path)] : [])
  if (examples.length > 0) {
    const title = examples.length === 1 ? 'Example' : 'Examples'
    command.addHelpText('after', `\n${title}:\n${examples.map((line) => `  ${line}`).join('\n')}`)
  }
  for (const child of command.commands) addExamples(child, `${path} ${child.name()}`.trim())
}

function plainExample(command: Command, path: string): string {
  const words = command.registeredArguments.map((argument) =>
    argument.name() === 'session' ? '3f2a' : argument.name().toUpperCase(),
  )
  return ['agentproxy', path, ...words].join(' ')
}
