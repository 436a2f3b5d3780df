import type { MediaSource } from '../model/request.ts'

/** A `data:` address becomes its bytes; every other address, and data that is not base64, stays an address. */
export function readDataUrl(url: string): MediaSource {
  const comma = url.startsWith('data:') ? url.indexOf(',') : -1
  const head = comma === -1 ? '' : url.slice('data:'.length, comma)
  if (!head.endsWith(';base64')) return { kind: 'url', url }
  const mediaType = head.slice(0, -';base64'.length)
  return mediaType.includes(';') || mediaType === ''
    ? { kind: 'url', url }
    : { kind: 'data', mediaType, data: url.slice(comma + 1) }
}

export function writeDataUrl(mediaType: string, data: string): string {
  return `data:${mediaType};base64,${data}`
}
