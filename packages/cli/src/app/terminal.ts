import type { Output } from '../display/display.ts'

export interface Terminal {
  readonly out: Output
  readonly err: Output
}

/** Standard output and error. A reader that went away (`| head`) ends the printing, never the work. */
export function openTerminal(): Terminal {
  return { out: guarded(process.stdout), err: guarded(process.stderr) }
}

function guarded(stream: NodeJS.WriteStream): Output {
  let gone = false
  stream.on('error', () => {
    gone = true
  })
  return {
    write: (text) => {
      if (!gone && text !== '') stream.write(text)
    },
    drained: async () => {
      if (gone || !stream.writableNeedDrain) return
      await new Promise<void>((resolve) => {
        stream
          .once('drain', resolve)
          .once('close', resolve)
          .once('error', () => resolve())
      })
    },
    isTty: stream.isTTY,
    get columns() {
      return stream.columns || 80
    },
  }
}

/** Settles when what was written has left the process, so that ending it loses nothing. */
export async function flush(stream: NodeJS.WriteStream): Promise<void> {
  if (stream.destroyed || !stream.writable) return
  await new Promise<void>((resolve) => {
    stream.write('', () => resolve())
  })
}
