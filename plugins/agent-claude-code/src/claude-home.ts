import { copyFile, mkdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { gatewayEnvironment } from '@agentproxy/agent-kit'
import type { AgentTurn } from '@agentproxy/plugin'

/**
 * Makes the configuration folder of this task and gives the environment that points to it. The person's own login,
 * settings and history are neither needed nor touched; sessions stay here, so that the next turn can continue them.
 */
export async function prepareHome(turn: AgentTurn): Promise<Record<string, string>> {
  const folder = join(turn.stateDir, 'claude')
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await copyInstructions(turn.workingDir, folder)
  return {
    CLAUDE_CONFIG_DIR: folder,
    ANTHROPIC_BASE_URL: turn.gateway.url,
    // Sent as `Authorization: Bearer`; a variable, because arguments can be read by everybody on the machine.
    ANTHROPIC_AUTH_TOKEN: turn.gateway.token,
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
    DISABLE_AUTOUPDATER: '1',
    ...gatewayEnvironment(),
  }
}

/**
 * A project's settings are not loaded: their `env` would replace the gateway's address and their rules would allow
 * tools without asking. Its CLAUDE.md goes with them, so that one is handed over as the user's own instructions.
 */
async function copyInstructions(workingDir: string, folder: string): Promise<void> {
  const source = join(workingDir, 'CLAUDE.md')
  const copy = join(folder, 'CLAUDE.md')
  const status = await stat(source).catch(() => null)
  if (status?.isFile() === true) await copyFile(source, copy)
  else await rm(copy, { force: true })
}
