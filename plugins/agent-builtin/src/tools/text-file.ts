import { constants } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'
import { systemCode, ToolError } from './tool-error.ts'

export interface TextPiece {
  readonly text: string
  /** Size of the whole file. */
  readonly sizeBytes: number
  readonly truncated: boolean
}

/** Reads a text file, at most `maxBytes` from its start. Throws a ToolError for a directory, a device or binary content. */
export async function readText(file: string, shown: string, maxBytes: number): Promise<TextPiece> {
  const handle = await openRegular(file, shown)
  try {
    const { size } = await handle.stat()
    const bytes = Buffer.alloc(Math.min(size, maxBytes))
    const read = await readFully(handle, bytes)
    const piece = bytes.subarray(0, read)
    if (piece.includes(0)) throw new ToolError('file', `${shown} is a binary file (${size} bytes), not text.`)
    return { text: decode(piece, shown, size > maxBytes), sizeBytes: size, truncated: size > maxBytes }
  } finally {
    await handle.close()
  }
}

async function openRegular(file: string, shown: string): Promise<FileHandle> {
  // Without O_NONBLOCK, opening a pipe would wait for a writer for ever.
  const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK).catch((error: unknown) => {
    const code = systemCode(error)
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      throw new ToolError('file', `${shown} does not exist.`, error)
    }
    throw error
  })
  const status = await handle.stat()
  if (status.isFile()) return handle
  await handle.close()
  const what = status.isDirectory() ? 'a directory; use list_files' : 'not a regular file'
  throw new ToolError('file', `${shown} is ${what}.`)
}

async function readFully(handle: FileHandle, bytes: Buffer): Promise<number> {
  let filled = 0
  while (filled < bytes.length) {
    const { bytesRead } = await handle.read(bytes, filled, bytes.length - filled, filled)
    if (bytesRead === 0) break
    filled += bytesRead
  }
  return filled
}

/** Fatal decoding, so that an edit never rewrites bytes it did not understand. A cut may fall inside a character. */
function decode(bytes: Uint8Array, shown: string, cut: boolean): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes, { stream: cut })
  } catch (error) {
    throw new ToolError('file', `${shown} is not UTF-8 text.`, error)
  }
}
