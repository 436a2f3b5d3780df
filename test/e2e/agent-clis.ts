import { accessSync, constants } from 'node:fs'
import path from 'node:path'
import type { WireFormat } from '@agentproxy/plugin'
import type { Json } from './bench.ts'

// The command lines of four coding agents, each as its makers say it is run without a person. docs/guides/clients.md tells
// people the same variables and files.

export interface Gateway {
  readonly url: string
  readonly token: string
}

/** What to write into the home folder, and how to start there. */
interface SetUp {
  readonly files: Readonly<Record<string, string>>
  readonly env: Readonly<Record<string, string>>
  readonly args: readonly string[]
}

/** What the agent itself says it did. */
interface Told {
  readonly message: string
  readonly tools: readonly string[]
  readonly inputTokens: number
  readonly outputTokens: number
}

export interface AgentCli {
  readonly name: string
  /** The environment variable that names its command, and the name looked for on the PATH where it is not set. */
  readonly variable: string
  readonly command: string
  /** What it speaks to the gateway. */
  readonly format: WireFormat
  readonly setUp: (gateway: Gateway, model: string, prompt: string) => SetUp
  /** Reads the JSON lines it printed. */
  readonly read: (lines: readonly Json[]) => Told
}

/** The agent's command on this machine; null where it is not installed. */
export function findCommand({ variable, command }: AgentCli): string | null {
  const named = process.env[variable]
  if (named !== undefined && named !== '') return named
  const folders = (process.env['PATH'] ?? '').split(path.delimiter).filter((folder) => folder !== '')
  return folders.map((folder) => path.join(folder, command)).find(isExecutable) ?? null
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

const CLAUDE_JSON = ['--output-format', 'stream-json', '--verbose']

export const claude: AgentCli = {
  name: 'Claude Code',
  variable: 'CLAUDE_BIN',
  command: 'claude',
  format: 'anthropic',
  setUp: ({ url, token }, model, prompt) => ({
    files: {},
    // As root it wants to know that it may do what it likes here.
    env: {
      ANTHROPIC_BASE_URL: url,
      ANTHROPIC_AUTH_TOKEN: token,
      ANTHROPIC_MODEL: model,
      ANTHROPIC_DEFAULT_HAIKU_MODEL: model,
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
      IS_SANDBOX: '1',
    },
    args: ['-p', prompt, '--dangerously-skip-permissions', ...CLAUDE_JSON],
  }),
  read: (lines) => {
    const result = lines.find(({ type }) => type === 'result') as unknown as {
      readonly result: string
      readonly is_error: boolean
      readonly usage: { readonly input_tokens: number; readonly output_tokens: number }
    }
    const spoken = lines.filter(({ type }) => type === 'assistant') as unknown as readonly {
      readonly message: { readonly content: readonly { readonly type: string; readonly name?: string }[] }
    }[]
    return {
      message: result.is_error ? `error: ${result.result}` : result.result,
      tools: spoken.flatMap(({ message }) => message.content.flatMap(({ name }) => name ?? [])),
      inputTokens: result.usage.input_tokens,
      outputTokens: result.usage.output_tokens,
    }
  },
}

/** Codex with the gateway as a provider of its own, which it calls over plain HTTP. */
export const codex: AgentCli = {
  name: 'Codex',
  variable: 'CODEX_BIN',
  command: 'codex',
  format: 'openai-responses',
  setUp: ({ url, token }, model, prompt) => ({
    files: {
      '.codex/config.toml': `model = "${model}"
model_provider = "agentproxy"

[model_providers.agentproxy]
name = "agentproxy"
base_url = "${url}/v1"
env_key = "AGENTPROXY_TOKEN"
wire_api = "responses"
`,
    },
    env: { AGENTPROXY_TOKEN: token },
    args: codexArgs(prompt),
  }),
  read: readCodex,
}

/** Codex with the provider it has, told another address: it tries a WebSocket first. */
export const codexBuiltin: AgentCli = {
  ...codex,
  name: 'Codex, by its own provider,',
  setUp: ({ url, token }, model, prompt) => ({
    files: { '.codex/config.toml': `model = "${model}"\nopenai_base_url = "${url}/v1"\n` },
    env: { CODEX_API_KEY: token },
    args: codexArgs(prompt),
  }),
}

function codexArgs(prompt: string): readonly string[] {
  return ['exec', '--json', '--skip-git-repo-check', '--dangerously-bypass-approvals-and-sandbox', prompt]
}

function readCodex(lines: readonly Json[]): Told {
  const items = lines
    .filter(({ type }) => type === 'item.completed')
    .map(({ item }) => item as { readonly type: string; readonly text?: string })
  const completed = lines.find(({ type }) => type === 'turn.completed') as unknown as {
    readonly usage: { readonly input_tokens: number; readonly output_tokens: number }
  }
  return {
    message: items.findLast(({ type }) => type === 'agent_message')?.text ?? '',
    tools: items.flatMap(({ type }) =>
      type === 'command_execution' || type === 'file_change' ? [type] : [],
    ),
    inputTokens: completed.usage.input_tokens,
    outputTokens: completed.usage.output_tokens,
  }
}

export const geminiCli: AgentCli = {
  name: 'Gemini CLI',
  variable: 'GEMINI_BIN',
  command: 'gemini',
  format: 'gemini',
  setUp: ({ url, token }, model, prompt) => ({
    files: {
      '.gemini/settings.json': JSON.stringify({
        security: { auth: { selectedType: 'gemini-api-key' } },
        privacy: { usageStatisticsEnabled: false },
        general: { enableAutoUpdate: false },
      }),
    },
    // Without the last it starts itself a second time, and ending the first leaves the second.
    env: { GOOGLE_GEMINI_BASE_URL: url, GEMINI_API_KEY: token, GEMINI_CLI_NO_RELAUNCH: 'true' },
    args: ['-p', prompt, '-m', model, '--yolo', '--skip-trust', '-o', 'stream-json'],
  }),
  read: (lines) => {
    const { stats } = lines.find(({ type }) => type === 'result') as unknown as {
      readonly stats: { readonly input_tokens: number; readonly output_tokens: number }
    }
    const last = lines.findLastIndex(({ type }) => type === 'tool_result')
    const pieces = lines.slice(last + 1).filter(({ role }) => role === 'assistant')
    return {
      message: pieces.map(({ content }) => String(content)).join(''),
      tools: lines.flatMap(({ type, tool_name }) => (type === 'tool_use' ? [String(tool_name)] : [])),
      inputTokens: stats.input_tokens,
      outputTokens: stats.output_tokens,
    }
  },
}

/** opencode speaks any of the four formats, as the AI SDK package it is told to use does. */
export function opencode(format: WireFormat): AgentCli {
  return {
    name: `opencode, speaking ${format},`,
    variable: 'OPENCODE_BIN',
    command: 'opencode',
    format,
    setUp: ({ url, token }, model, prompt) => ({
      files: {
        '.config/opencode/opencode.json': JSON.stringify({
          provider: {
            agentproxy: {
              npm: aiSdkPackages[format],
              options: {
                baseURL: `${url}${format === 'gemini' ? '/v1beta' : '/v1'}`,
                apiKey: '{env:AGENTPROXY_TOKEN}',
              },
              models: { [model]: {} },
            },
          },
          model: `agentproxy/${model}`,
        }),
      },
      env: {
        AGENTPROXY_TOKEN: token,
        OPENCODE_DISABLE_AUTOUPDATE: '1',
        OPENCODE_DISABLE_MODELS_FETCH: '1',
      },
      args: ['run', '--format', 'json', '--title', 'test', prompt],
    }),
    read: (lines) => {
      const parts = lines.map(({ part }) => part as OpencodePart)
      const tokens = parts.flatMap((part) => part.tokens ?? [])
      return {
        message: parts.findLast(({ type }) => type === 'text')?.text ?? '',
        tools: parts.flatMap((part) => part.tool ?? []),
        inputTokens: tokens.reduce((sum, { input }) => sum + input, 0),
        outputTokens: tokens.reduce((sum, { output }) => sum + output, 0),
      }
    },
  }
}

interface OpencodePart {
  readonly type: string
  readonly text?: string
  readonly tool?: string
  readonly tokens?: { readonly input: number; readonly output: number }
}

const aiSdkPackages: Readonly<Record<WireFormat, string>> = {
  anthropic: '@ai-sdk/anthropic',
  'openai-chat': '@ai-sdk/openai-compatible',
  'openai-responses': '@ai-sdk/openai',
  gemini: '@ai-sdk/google',
}
