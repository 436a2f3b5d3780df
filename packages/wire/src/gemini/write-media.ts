import { defined } from '../json/defined.ts'
import type { Reporter } from '../model/reporter.ts'
import type { AudioBlock, DocumentBlock, ImageBlock, Place } from '../model/request.ts'
import { withRiding } from './riding.ts'
import type { Written } from './riding.ts'

const TYPES: Readonly<Record<string, string>> = {
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  webp: 'image/webp',
  gif: 'image/gif',
  pdf: 'application/pdf',
  txt: 'text/plain',
  mp3: 'audio/mp3',
  wav: 'audio/wav',
}

/** Writes `inlineData` for bytes and `fileData` for addresses and Google's own files. */
export function writeMedia(
  block: ImageBlock | AudioBlock | DocumentBlock,
  place: Place,
  to: Reporter,
): Written | null {
  const { source, extras } = block
  to.ridingCache(block.cacheControl, place)
  reportUnsaid(block, place, to)
  switch (source.kind) {
    case 'text': {
      to.add('emulated', 'document-as-text', place, 'The document was written as text.')
      const title = block.type === 'document' ? block.title : undefined
      return {
        text: title === undefined ? source.text : `${title}\n\n${source.text}`,
        ...to.riding(extras, place),
      }
    }
    case 'data': {
      const part = { inlineData: { mimeType: source.mediaType, data: source.data } }
      return withRiding(part, 'inlineData', to.riding(extras, place))
    }
    case 'url': {
      if (source.url.startsWith('data:')) break
      const mimeType = typeOf(source.url)
      const part = { fileData: defined({ fileUri: source.url, mimeType }) }
      return withRiding(part, 'fileData', to.riding(extras, place))
    }
    case 'file':
      if (source.issuer !== 'gemini') break
      return withRiding({ fileData: { fileUri: source.id } }, 'fileData', to.riding(extras, place))
  }
  const detail = `The ${block.type} is a file stored elsewhere or an address that Gemini cannot read.`
  to.add('dropped', `${block.type}-source-unsupported`, place, detail)
  return null
}

function reportUnsaid(block: ImageBlock | AudioBlock | DocumentBlock, place: Place, to: Reporter): void {
  if (block.type === 'image' && block.detail !== undefined && block.detail !== 'auto') {
    to.add(
      'dropped',
      'image-detail-unsupported',
      place,
      'Gemini is not told how closely to look at one image.',
    )
  }
  if (block.type === 'document' && block.title !== undefined && block.source.kind !== 'text') {
    to.add('dropped', 'document-title-unsupported', place, 'Gemini takes no title of a document.')
  }
}

/** By the ending of the address; without one Gemini finds out by itself. */
function typeOf(url: string): string | undefined {
  const ending = /\.([a-z0-9]+)(?:[?#]|$)/i.exec(url)?.[1]?.toLowerCase() ?? ''
  return Object.hasOwn(TYPES, ending) ? TYPES[ending] : undefined
}
