import { open } from 'node:fs/promises'
import type { AgentImage } from '@agentproxy/plugin'
import { CliError } from '../errors.ts'

/** The smallest limit of a picture among the vendors, Anthropic's. */
const MAX_BYTES = 5 * 1024 * 1024

/** A picture for an agent. Throws `USAGE` when the file is none that models can look at. */
export async function readScreenshot(path: string): Promise<AgentImage> {
  const file = await open(path).catch((cause: unknown) => {
    throw new CliError('USAGE', `--screenshot: ${path} cannot be read`, { cause })
  })
  try {
    const status = await file.stat()
    if (!status.isFile()) throw new CliError('USAGE', `--screenshot: ${path} is not a file`)
    if (status.size > MAX_BYTES)
      throw new CliError(
        'USAGE',
        `--screenshot: ${path} has ${status.size} bytes; at most ${MAX_BYTES} are taken`,
      )
    const { buffer, bytesRead } = await file.read(Buffer.alloc(12), 0, 12, 0)
    const mediaType = mediaTypeOf(buffer.subarray(0, bytesRead).toString('latin1'))
    if (mediaType === null)
      throw new CliError('USAGE', `--screenshot: ${path} is no picture in PNG, JPEG, GIF or WebP`)
    return { path, mediaType }
  } finally {
    await file.close()
  }
}

/** By the first bytes: a file's name may say anything. */
function mediaTypeOf(start: string): AgentImage['mediaType'] | null {
  if (start.startsWith('\x89PNG\r\n\x1a\n')) return 'image/png'
  if (start.startsWith('\xff\xd8\xff')) return 'image/jpeg'
  if (/^GIF8[79]a/.test(start)) return 'image/gif'
  if (/^RIFF[\s\S]{4}WEBP/.test(start)) return 'image/webp'
  return null
}
