/** Collects streamed text and hands it on a paragraph at a time, so that each piece can be shown by itself. */
export interface Paragraphs {
  push(text: string): void
  /** Hands on what is left. */
  end(): void
}

/** Each piece given to `emit` is trimmed of blank lines at its edges and never empty. */
export function createParagraphs(emit: (paragraph: string) => void): Paragraphs {
  let held = ''
  const hand = (text: string) => {
    const trimmed = text.replace(/^\s*\n/, '').trimEnd()
    if (trimmed.trim() !== '') emit(trimmed)
  }
  return {
    push(text) {
      held += text
      const cut = held.lastIndexOf('\n\n')
      if (cut === -1) return
      hand(held.slice(0, cut))
      held = held.slice(cut + 2)
    },
    end() {
      hand(held)
      held = ''
    },
  }
}
