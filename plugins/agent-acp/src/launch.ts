import { copyFile, mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { gatewayEnvironment } from '@agentproxy/agent-kit'
import type { AgentSpawn, AgentTurn } from '@agentproxy/plugin'
import { z } from 'zod'

// How an agent is started, as data. `{gatewayUrl}`, `{gatewayToken}`, `{model}`, `{stateDir}` stand for those of the task.

const withoutToken = z.string().refine((text) => !text.includes('{gatewayToken}'), {
  message: 'the token does not belong here, where others on the machine can read it; put it into "env"',
})

export const launchFields = {
  args: z.array(withoutToken).default([]),
  /** An entry that names the model is left out when the task has none. */
  env: z.record(z.string(), z.string()).default({}),
  /** Reads and writes files through us: inside the workspace, and asked about like any other change. */
  clientFiles: z.boolean().default(false),
  /** It asks before each tool that changes something. */
  asksPermission: z.boolean().default(false),
}

export interface Launch {
  /** The agent's name for `--agent`. */
  readonly name: string
  readonly displayName: string
  /** Looked for on PATH, where nothing else names it. */
  readonly command: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  /** Files written before it starts, below the state folder, by their path there. */
  readonly files?: Readonly<Record<string, string>>
  /** A file of the working directory that is copied below the state folder. */
  readonly instructions?: { readonly from: string; readonly to: string }
  readonly clientFiles: boolean
  readonly asksPermission: boolean
  readonly reportsUsage: boolean
}

/** The process of one turn. */
export async function prepareLaunch(
  turn: AgentTurn,
  { path, launch }: { readonly path: string; readonly launch: Launch },
): Promise<AgentSpawn> {
  for (const [name, text] of Object.entries(launch.files ?? {})) {
    const file = join(turn.stateDir, name)
    await mkdir(dirname(file), { recursive: true, mode: 0o700 })
    await writeFile(file, text, { mode: 0o600 })
  }
  if (launch.instructions !== undefined) await copyInstructions(turn, launch.instructions)
  const env = Object.entries(launch.env).flatMap(([name, template]) => {
    const value = filled(turn, template)
    return value === null ? [] : [[name, value] as const]
  })
  return {
    command: path,
    args: filledArguments(turn, launch.args),
    env: { ...gatewayEnvironment(), ...Object.fromEntries(env) },
    stdin: 'open',
  }
}

async function copyInstructions(turn: AgentTurn, { from, to }: { from: string; to: string }): Promise<void> {
  const copy = join(turn.stateDir, to)
  await mkdir(dirname(copy), { recursive: true, mode: 0o700 })
  try {
    await copyFile(join(turn.workingDir, from), copy)
  } catch {
    // None there, or none any more.
    await rm(copy, { force: true })
  }
}

/** Without a model an argument that names it goes, and so does the flag before it. */
function filledArguments(turn: AgentTurn, args: readonly string[]): string[] {
  const kept: string[] = []
  for (const template of args) {
    const value = filled(turn, template)
    if (value !== null) kept.push(value)
    else if (template === '{model}' && kept.at(-1)?.startsWith('-') === true) kept.pop()
  }
  return kept
}

function filled({ gateway, model, stateDir }: AgentTurn, template: string): string | null {
  if (template.includes('{model}') && model === null) return null
  return template
    .replaceAll('{gatewayUrl}', gateway.url.replace(/\/$/, ''))
    .replaceAll('{gatewayToken}', gateway.token)
    .replaceAll('{model}', model ?? '')
    .replaceAll('{stateDir}', stateDir)
}
