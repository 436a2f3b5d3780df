import { spawnSync } from 'node:child_process'
import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import Anthropic from '@anthropic-ai/sdk'
import { tempFolder } from './temp-folder.ts'

const SAMPLE = fileURLToPath(new URL('../../../../examples/sample-project/', import.meta.url))

/** The tools of our own agent, and those of Claude Code (names and fields as it sends them); `--bare` names no folder. */
export type Dialect = 'builtin' | 'claude-code' | 'claude-code --bare'

const toolNames: Readonly<Record<Dialect, readonly string[]>> = {
  builtin: ['list_files', 'read_file', 'write_file', 'edit_file', 'search', 'run_command'],
  'claude-code': ['Bash', 'Edit', 'Glob', 'Grep', 'Read', 'Write'],
  'claude-code --bare': ['Bash', 'Edit', 'Read'],
}

/** A copy of the sample project in a folder of its own. */
export function sampleProject(): string {
  const folder = tempFolder()
  cpSync(SAMPLE, folder, { recursive: true })
  return folder
}

/** Runs the sample's tests; true = all pass. */
export function testsPass(folder: string): boolean {
  return runShell('node --test', folder).status === 0
}

/** A minimal agent: asks the model, really does what it says, until it stops calling tools or `maxRequests` is reached. */
export class SampleAgent {
  readonly calls: string[] = []
  readonly #client: Anthropic
  readonly #folder: string
  readonly #dialect: Dialect
  readonly #messages: Anthropic.MessageParam[] = []

  constructor(options: { readonly url: string; readonly folder: string; readonly dialect: Dialect }) {
    this.#client = new Anthropic({ baseURL: options.url, apiKey: 'none', maxRetries: 0 })
    this.#folder = options.folder
    this.#dialect = options.dialect
  }

  /** Returns the last words of the turn. */
  async turn(model: string, prompt: string, maxRequests = 20): Promise<string> {
    this.#messages.push({ role: 'user', content: prompt })
    for (let request = 1; ; request++) {
      const answer = await this.#client.messages.stream(this.#request(model)).finalMessage()
      this.#messages.push({ role: 'assistant', content: answer.content })
      const uses = answer.content.filter((block) => block.type === 'tool_use')
      if (uses.length === 0 || request >= maxRequests) return answer.content.map(words).join('')
      this.#messages.push({ role: 'user', content: uses.map((use) => this.#perform(use)) })
    }
  }

  #request(model: string): Anthropic.MessageStreamParams {
    const tools = toolNames[this.#dialect].map((name) => ({
      name,
      input_schema: { type: 'object' as const },
    }))
    const system = `# Environment\n - Primary working directory: ${this.#folder}\n - Platform: linux`
    return {
      model,
      max_tokens: 1000,
      messages: this.#messages,
      tools,
      ...(this.#dialect === 'claude-code' ? { system } : {}),
    }
  }

  #perform(use: Anthropic.ToolUseBlock): Anthropic.ToolResultBlockParam {
    this.calls.push(use.name)
    const { content, failed } = this.#run(use.name, Object.entries(use.input ?? {}))
    return { type: 'tool_result', tool_use_id: use.id, content, is_error: failed }
  }

  #run(name: string, input: readonly [string, unknown][]): { content: string; failed: boolean } {
    const field = (...names: string[]): string => String(input.find(([key]) => names.includes(key))?.[1])
    const path = resolve(this.#folder, field('path', 'file_path'))
    switch (name) {
      case 'read_file':
      case 'Read':
        return { content: readFileSync(path, 'utf8'), failed: false }
      case 'edit_file':
      case 'Edit':
        return editFile(path, field('old_text', 'old_string'), field('new_text', 'new_string'))
      case 'run_command':
      case 'Bash': {
        const { output, status } = runShell(field('command'), this.#folder)
        return { content: `${output}\nexit code ${status}`, failed: status !== 0 }
      }
      default:
        throw new Error(`the sample agent has no tool ${name}`)
    }
  }
}

function editFile(path: string, before: string, after: string): { content: string; failed: boolean } {
  const text = readFileSync(path, 'utf8')
  if (text.split(before).length !== 2)
    return { content: 'The text was not found exactly once.', failed: true }
  writeFileSync(path, text.replace(before, after))
  return { content: 'The file was changed.', failed: false }
}

function runShell(command: string, cwd: string): { output: string; status: number | null } {
  const env = { PATH: join(process.execPath, '..') + ':/usr/bin:/bin' }
  const { stdout, stderr, status } = spawnSync(command, { cwd, env, shell: true, encoding: 'utf8' })
  return { output: stdout + stderr, status }
}

function words(block: Anthropic.ContentBlock): string {
  return block.type === 'text' ? block.text : ''
}
