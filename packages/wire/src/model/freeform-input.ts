const HEAD = /^\s*\{\s*"input"\s*:\s*"/
const HEAD_BEGINNING = /^\s*(?:\{\s*(?:"(?:i(?:n(?:p(?:u(?:t(?:"\s*(?::\s*)?)?)?)?)?)?)?)?)?$/

/** Plain text for a tool, as the JSON object `{"input": text}` in pieces: the same everywhere a format knows only JSON. */
export const freeformJson = {
  head: '{"input":"',
  piece: (text: string): string => JSON.stringify(text).slice(1, -1),
  tail: '"}',
}

export interface FreeformDecoder {
  /** The text that this piece of JSON completed. */
  push(json: string): string
  /** What is left when the JSON ends; JSON of any other shape comes out as it went in. */
  end(): string
}

/** Reads `{"input": text}` while it comes, so that the text streams on. */
export function createFreeformDecoder(): FreeformDecoder {
  let state: 'head' | 'text' | 'over' | 'other' = 'head'
  let pending = ''

  const takeText = (): string => {
    const length = wholeLength(pending)
    const quote = endOfString(pending)
    const raw = quote === -1 ? pending.slice(0, length) : pending.slice(0, quote)
    pending = pending.slice(raw.length)
    if (quote !== -1) state = 'over'
    return JSON.parse(`"${raw}"`) as string
  }

  return {
    push(json) {
      if (state === 'over') return ''
      pending += json
      if (state === 'head') {
        const head = HEAD.exec(pending)
        if (head !== null) {
          state = 'text'
          pending = pending.slice(head[0].length)
        } else if (!HEAD_BEGINNING.test(pending)) state = 'other'
      }
      return state === 'text' ? takeText() : ''
    },
    end() {
      return state === 'head' || state === 'other' ? pending : ''
    },
  }
}

/** Length of the text without an escape that is cut at its end. */
function wholeLength(text: string): number {
  const cut = /(?<!\\)(?:\\\\)*(\\(?:u[0-9a-fA-F]{0,3})?)$/.exec(text)
  return cut === null ? text.length : text.length - (cut[1]?.length ?? 0)
}

/** Index of the quote that ends the string; -1 if it has not come. */
function endOfString(text: string): number {
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1
    else if (text[at] === '"') return at
  }
  return -1
}
