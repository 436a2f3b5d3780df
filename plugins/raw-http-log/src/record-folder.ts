import { chmod, mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

export interface RecordFolderOptions {
  readonly folder: string
  readonly maxBytes: number
  /** Told once when writing begins to fail. */
  readonly failed: (reason: string) => void
}

/** Records that wait to be written; one more is left out and counted. */
const MAX_WAITING = 200
/** Only what this log wrote is ever deleted. */
const OURS = /^\d{8}T\d{9}Z-[\w-]{1,80}\.json$/

/** A folder of one file a record, none larger together than its limit: the oldest goes first. Never throws, never waits. */
export class RecordFolder {
  readonly #options: RecordFolderOptions
  #files: { readonly name: string; readonly bytes: number }[] | null = null
  #total = 0
  #waiting = 0
  #lost = 0
  #failing = false
  #queue: Promise<void> = Promise.resolve()

  constructor(options: RecordFolderOptions) {
    this.#options = options
  }

  /** Records that were not written. */
  get lost(): number {
    return this.#lost
  }

  get failing(): boolean {
    return this.#failing
  }

  /** `make` is called when its turn comes. */
  add(at: Date, id: string, make: () => string): void {
    if (this.#waiting >= MAX_WAITING) {
      this.#lost += 1
      return
    }
    this.#waiting += 1
    this.#queue = this.#after(this.#queue, `${at.toISOString().replace(/[-:.]/g, '')}-${id}.json`, make)
  }

  /** When all that was added is written. */
  settled(): Promise<void> {
    return this.#queue
  }

  async #after(before: Promise<void>, name: string, make: () => string): Promise<void> {
    await before
    try {
      await this.#write(name, make())
      this.#failing = false
    } catch (error) {
      this.#lost += 1
      if (!this.#failing) this.#options.failed((error as Error).message)
      this.#failing = true
    } finally {
      this.#waiting -= 1
    }
  }

  async #write(name: string, text: string): Promise<void> {
    const files = (this.#files ??= await this.#open())
    await writeFile(join(this.#options.folder, name), text, { mode: 0o600, flag: 'wx' })
    const bytes = Buffer.byteLength(text)
    files.push({ name, bytes })
    this.#total += bytes
    while (this.#total > this.#options.maxBytes && files.length > 0) {
      const [oldest] = files.splice(0, 1)
      if (oldest === undefined) return
      await rm(join(this.#options.folder, oldest.name), { force: true })
      this.#total -= oldest.bytes
    }
  }

  async #open(): Promise<{ name: string; bytes: number }[]> {
    const { folder } = this.#options
    await mkdir(folder, { recursive: true, mode: 0o700 })
    await chmod(folder, 0o700)
    const names = (await readdir(folder)).filter((name) => OURS.test(name)).toSorted()
    const files = await Promise.all(
      names.map(async (name) => ({ name, bytes: (await stat(join(folder, name))).size })),
    )
    this.#total = files.reduce((sum, { bytes }) => sum + bytes, 0)
    return files
  }
}
