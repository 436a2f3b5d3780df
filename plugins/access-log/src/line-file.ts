import { constants } from 'node:fs'
import { open, rename, rm } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'

export interface LineFileOptions {
  readonly path: string
  readonly maxBytes: number
  readonly keep: number
  /** Told once when writing begins to fail, and once when it works again. */
  readonly changed: (state: 'failing' | 'working', reason: string) => void
}

/** Bytes that wait at most; what comes beyond them while the disk does not keep up is left out and counted. */
const MAX_WAITING_BYTES = 4 * 1024 * 1024
const APPEND = constants.O_APPEND | constants.O_CREAT | constants.O_WRONLY | constants.O_NOFOLLOW

/** A file that lines are appended to behind the caller's back: `add` neither waits nor throws. */
export class LineFile {
  readonly #options: LineFileOptions
  #waiting: string[] = []
  #waitingBytes = 0
  #working: Promise<void> | null = null
  #handle: FileHandle | null = null
  #size = 0
  #dropped = 0
  #failing = false

  constructor(options: LineFileOptions) {
    this.#options = options
  }

  /** Lines that were lost. */
  get dropped(): number {
    return this.#dropped
  }

  get failing(): boolean {
    return this.#failing
  }

  add(line: string): void {
    if (this.#waitingBytes > MAX_WAITING_BYTES) {
      this.#dropped += 1
      return
    }
    this.#waiting.push(line)
    this.#waitingBytes += line.length
    this.#working ??= this.#work()
  }

  /** Writes what waits, then lets the file go. */
  async close(): Promise<void> {
    await this.#working
    await this.#release()
  }

  async #work(): Promise<void> {
    while (this.#waiting.length > 0) {
      const lines = this.#waiting
      this.#waiting = []
      this.#waitingBytes = 0
      try {
        await this.#append(Buffer.from(`${lines.join('\n')}\n`))
        if (this.#failing) this.#turn('working', '')
      } catch (error) {
        this.#dropped += lines.length
        await this.#release()
        if (!this.#failing) this.#turn('failing', (error as Error).message)
      }
    }
    this.#working = null
  }

  #turn(state: 'failing' | 'working', reason: string): void {
    this.#failing = state === 'failing'
    this.#options.changed(state, reason)
  }

  async #append(bytes: Buffer): Promise<void> {
    let handle = await this.#open()
    if (this.#size > 0 && this.#size + bytes.length > this.#options.maxBytes) {
      await this.#rotate()
      handle = await this.#open()
    }
    await handle.appendFile(bytes)
    this.#size += bytes.length
  }

  async #open(): Promise<FileHandle> {
    if (this.#handle !== null) return this.#handle
    const handle = await open(this.#options.path, APPEND, 0o600)
    this.#handle = handle
    const stat = await handle.stat()
    // One that was there before may have been open to others. A device, such as a terminal, stays as it is.
    if (stat.isFile()) await handle.chmod(0o600)
    this.#size = stat.size
    return handle
  }

  async #rotate(): Promise<void> {
    const { path, keep } = this.#options
    await this.#release()
    if (keep === 0) await rm(path, { force: true })
    for (let number = keep; number > 0; number -= 1) {
      const older = number === 1 ? path : `${path}.${number - 1}`
      await rename(older, `${path}.${number}`).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOENT') throw error
      })
    }
  }

  async #release(): Promise<void> {
    const handle = this.#handle
    this.#handle = null
    await handle?.close().catch(() => {})
  }
}
