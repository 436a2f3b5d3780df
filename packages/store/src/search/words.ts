/** Characters of one event that are searched; logs of commands can be longer. */
const MOST_CHARACTERS = 20_000
const MOST_LETTERS = 64

/** The words of a text in one spelling: small letters without accents. Both databases are given only these, so both find the same. */
export function wordsOf(text: string): readonly string[] {
  const plain = text
    .normalize('NFKD')
    .replaceAll(/\p{M}+/gu, '')
    .toLowerCase()
  return (plain.match(/[\p{L}\p{N}]+/gu) ?? []).map((word) => word.slice(0, MOST_LETTERS))
}

/** What a payload says: all texts in it, without the names of its fields. */
export function textOf(payload: unknown): string {
  const texts: string[] = []
  let left = MOST_CHARACTERS
  const collect = (value: unknown): void => {
    if (left <= 0) return
    if (typeof value === 'string') {
      texts.push(value.slice(0, left))
      left -= value.length
    } else if (typeof value === 'object' && value !== null) {
      for (const part of Object.values(value)) collect(part)
    }
  }
  collect(payload)
  return texts.join('\n')
}

/** What is kept of a text to find it by: each word once. */
export function indexText(text: string): string {
  return [...new Set(wordsOf(text.slice(0, MOST_CHARACTERS)))].join(' ')
}
