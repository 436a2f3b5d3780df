import { lstat, mkdir, readFile, realpath, stat, writeFile } from 'node:fs/promises'
import { basename, dirname, join, relative, sep } from 'node:path'
import {
  RequestError,
  type ReadTextFileRequest,
  type ReadTextFileResponse,
  type WriteTextFileRequest,
  type WriteTextFileResponse,
} from '@agentclientprotocol/sdk'
import { askPermission, titleOf } from '@agentproxy/agent-kit'
import type { AgentTurn } from '@agentproxy/plugin'

/** Largest file that is read for an agent. */
const MAX_READ_BYTES = 16 * 1024 * 1024

/** Files read and written for an agent: only inside the working directory, links resolved. */
export class WorkspaceFiles {
  readonly #turn: AgentTurn
  /** Paths whose next change was allowed when the agent asked for it. */
  readonly #allowed = new Set<string>()

  constructor(turn: AgentTurn) {
    this.#turn = turn
  }

  allow(paths: readonly string[]): void {
    for (const path of paths) this.#allowed.add(path)
  }

  async read({ path, line, limit }: ReadTextFileRequest): Promise<ReadTextFileResponse> {
    const { file } = await this.#place(path)
    const status = await stat(file).catch(() => null)
    if (status?.isFile() !== true) throw RequestError.resourceNotFound(path)
    if (status.size > MAX_READ_BYTES)
      throw RequestError.invalidParams({ path }, `${path} has ${status.size} bytes, too many to be read`)
    const content = await readFile(file, 'utf8')
    if ((line ?? null) === null && (limit ?? null) === null) return { content }
    const start = Math.max(0, (line ?? 1) - 1)
    const lines = content
      .split('\n')
      .slice(start, limit === null || limit === undefined ? undefined : start + limit)
    return { content: lines.join('\n') }
  }

  async write({ path, content }: WriteTextFileRequest): Promise<WriteTextFileResponse> {
    const { file, inside } = await this.#place(path)
    if (!this.#allowed.delete(inside)) {
      const { decision, reason } = await askPermission(this.#turn, {
        tool: 'edit',
        kind: 'edit',
        title: titleOf('write', inside),
        input: { path: inside, content },
        paths: [inside],
      })
      if (decision === 'deny') throw RequestError.invalidRequest({ path }, `not allowed: ${reason}`)
    }
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, content)
    return {}
  }

  /** Where a path really leads. Throws when that is outside. */
  async #place(path: string): Promise<{ readonly file: string; readonly inside: string }> {
    const root = await realpath(this.#turn.workingDir)
    const file = await resolveLinks(path)
    const inside = relative(root, file)
    if (inside === '' || inside === '..' || inside.startsWith(`..${sep}`))
      throw RequestError.invalidParams({ path }, `${path} is outside the working directory`)
    return { file, inside: inside.split(sep).join('/') }
  }
}

/** The part that exists with its links resolved, and the rest as it stands. */
async function resolveLinks(path: string): Promise<string> {
  try {
    return await realpath(path)
  } catch {
    // A link to nowhere would be followed when the file is written.
    const isLink = await lstat(path).then(
      (status) => status.isSymbolicLink(),
      () => false,
    )
    if (isLink) throw RequestError.invalidParams({ path }, `${path} is a link that leads nowhere`)
    const parent = dirname(path)
    return parent === path ? path : join(await resolveLinks(parent), basename(path))
  }
}
