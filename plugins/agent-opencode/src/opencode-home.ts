import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { gatewayEnvironment } from '@agentproxy/agent-kit'
import type { AgentTurn } from '@agentproxy/plugin'

export const PROVIDER = 'agentproxy'
const TOKEN_VARIABLE = 'AGENTPROXY_TOKEN'

/**
 * Makes the folders of this task and gives the environment that points to them and to our gateway. The person's own
 * login, settings and history are neither needed nor touched; sessions stay here, so that the next turn can continue.
 */
export async function prepareHome(
  turn: AgentTurn,
  { model, password }: { readonly model: string; readonly password: string },
): Promise<Record<string, string>> {
  const home = join(turn.stateDir, 'opencode')
  const folders = Object.fromEntries(
    ['CONFIG', 'DATA', 'CACHE', 'STATE'].map((name) => [`XDG_${name}_HOME`, join(home, name.toLowerCase())]),
  )
  for (const folder of Object.values(folders)) await mkdir(folder, { recursive: true, mode: 0o700 })
  return {
    ...folders,
    OPENCODE_CONFIG_CONTENT: JSON.stringify(settings(turn, model)),
    // A project's own settings could send the calls elsewhere, allow tools without asking, and run code.
    OPENCODE_DISABLE_PROJECT_CONFIG: '1',
    OPENCODE_DISABLE_AUTOUPDATE: '1',
    OPENCODE_DISABLE_MODELS_FETCH: '1',
    OPENCODE_DISABLE_LSP_DOWNLOAD: '1',
    OPENCODE_SERVER_PASSWORD: password,
    [TOKEN_VARIABLE]: turn.gateway.token,
    ...gatewayEnvironment(),
  }
}

function settings({ gateway, workingDir, allowedTools }: AgentTurn, model: string): object {
  const ask = (tool: string): 'ask' | 'allow' => (allowedTools?.includes(tool) === true ? 'allow' : 'ask')
  return {
    share: 'disabled',
    autoupdate: false,
    // The supervisor keeps every state of the files.
    snapshot: false,
    // The project's instructions go with its settings, so they are named here.
    instructions: [join(workingDir, 'AGENTS.md')],
    permission: {
      edit: ask('edit'),
      bash: ask('bash'),
      webfetch: ask('webfetch'),
      external_directory: 'ask',
      // Nobody is here to answer.
      question: 'deny',
    },
    provider: {
      [PROVIDER]: {
        npm: '@ai-sdk/openai-compatible',
        name: PROVIDER,
        options: { baseURL: `${gateway.url.replace(/\/$/, '')}/v1`, apiKey: `{env:${TOKEN_VARIABLE}}` },
        models: { [model]: { name: model, attachment: true, tool_call: true } },
      },
    },
    model: `${PROVIDER}/${model}`,
    small_model: `${PROVIDER}/${model}`,
  }
}
