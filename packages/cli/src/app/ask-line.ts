import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'

export interface Question {
  readonly text: string
  /** What is typed is not shown. */
  readonly hidden: boolean
  readonly signal: AbortSignal
}

/** One line of standard input; empty at its end. Rejects with the signal's reason. Ctrl-C becomes the process's SIGINT. */
export async function askLine({ text, hidden, signal }: Question): Promise<string> {
  const isTty = process.stdin.isTTY
  // On a terminal the reader echoes by itself, so a reader that may show nothing hides it.
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() })
  const output = isTty && !hidden ? process.stderr : silent
  const lines = createInterface({ input: process.stdin, output, terminal: isTty })
  // Only now: what is typed ahead of a reader is echoed by the terminal itself.
  process.stderr.write(text)
  lines.on('SIGINT', () => process.emit('SIGINT'))
  try {
    const ended = new Promise<string>((resolve) => lines.once('close', () => resolve('')))
    return await Promise.race([lines.question('', { signal }), ended])
  } catch (error) {
    signal.throwIfAborted()
    throw error
  } finally {
    lines.close()
    if (hidden && isTty) process.stderr.write('\n')
  }
}

/** All of standard input, without the line end of whatever wrote it. */
export async function readInput(): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of process.stdin) chunks.push(Buffer.from(chunk as Buffer))
  return Buffer.concat(chunks)
    .toString('utf8')
    .replace(/\r?\n$/, '')
}
