import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gatewayEnvironment } from '@agentproxy/agent-kit'
import type { AgentTurn } from '@agentproxy/plugin'
import type { CodexConfig } from './codex-config.ts'

/** Holds the task's token: a variable, because arguments and files can be read by others. */
const TOKEN_VARIABLE = 'AGENTPROXY_TOKEN'

/**
 * Makes the Codex home of this task, whose provider is our gateway, and gives the environment that points to it. The
 * person's own login, settings and history are neither needed nor touched; threads stay here for the next turn.
 */
export async function prepareHome(turn: AgentTurn, config: CodexConfig): Promise<Record<string, string>> {
  const home = join(turn.stateDir, 'codex')
  // Codex's sandbox hides what is in TMPDIR from itself: were its home there, no command could be started.
  const temporary = join(turn.stateDir, 'codex-tmp')
  await mkdir(home, { recursive: true, mode: 0o700 })
  await mkdir(temporary, { recursive: true, mode: 0o700 })
  await writeFile(join(home, 'config.toml'), settings(turn, config), { mode: 0o600 })
  return {
    CODEX_HOME: home,
    TMPDIR: temporary,
    [TOKEN_VARIABLE]: turn.gateway.token,
    ...gatewayEnvironment(),
  }
}

// A TOML basic string is written like a JSON string.
const quoted = (text: string): string => JSON.stringify(text)

function settings({ gateway, model }: AgentTurn, config: CodexConfig): string {
  return `${model === null ? '' : `model = ${quoted(model)}\n`}model_provider = "agentproxy"
approval_policy = ${quoted(config.approvalPolicy)}
sandbox_mode = ${quoted(config.sandbox)}
check_for_update_on_startup = false

[model_providers.agentproxy]
name = "agentproxy"
base_url = ${quoted(`${gateway.url.replace(/\/$/, '')}/v1`)}
env_key = "${TOKEN_VARIABLE}"
wire_api = "responses"

[shell_environment_policy]
exclude = ["${TOKEN_VARIABLE}"]

[analytics]
enabled = false
`
}
