/** A piece of a shell's line. */
type ShellToken =
  | { readonly type: 'word'; readonly text: string }
  /** Ends a command. `isPipe`: what it says goes into the next. */
  | { readonly type: 'end'; readonly isPipe: boolean }
  | { readonly type: 'redirect'; readonly writes: boolean }

export interface ShellWords {
  readonly tokens: readonly ShellToken[]
  /** What stands in `$(...)`, in backquotes and in `<(...)`: lines of their own. */
  readonly inner: readonly string[]
  /** false: a quote or a bracket is not closed, or something is computed that this does not compute. */
  readonly isWhole: boolean
}

const HEREDOC = /<<-?\s*(['"]?)(\w+)\1([^\n]*)\n[\s\S]*?\n[\t ]*\2(?=[\s)]|$)/g

/** Cuts a line as a POSIX shell does (pubs.opengroup.org, Shell Command Language, 2.3), without computing anything. */
export function shellWords(line: string): ShellWords {
  const reader = new WordReader(line.replaceAll(HEREDOC, ' < heredoc $3\n'))
  return reader.read()
}

class WordReader {
  readonly #text: string
  readonly #tokens: ShellToken[] = []
  readonly #inner: string[] = []
  #at = 0
  #word: string | null = null
  #isWhole = true

  constructor(text: string) {
    this.#text = text
  }

  read(): ShellWords {
    while (this.#at < this.#text.length) this.#step(this.#text[this.#at] ?? '')
    this.#endWord()
    return { tokens: this.#tokens, inner: this.#inner, isWhole: this.#isWhole }
  }

  #step(char: string): void {
    const two = this.#text.slice(this.#at, this.#at + 2)
    if (two === '$(' || two === '<(' || two === '>(') return this.#bracket()
    if (char === '\\') this.#add(this.#text[this.#at + 1] ?? '', 2)
    else if (char === "'") this.#single()
    else if (char === '"') this.#double()
    else if (char === '`') this.#backquote()
    else if (char === '#' && this.#word === null) this.#comment()
    else if (char === ' ' || char === '\t') this.#skip(1)
    else if (char === '\n' || ';&|(){}'.includes(char)) this.#end(char)
    else if (char === '>' || char === '<') this.#redirect(char)
    else this.#add(char, 1)
  }

  #add(text: string, length: number): void {
    if (text !== '\n') this.#word = (this.#word ?? '') + text
    this.#at += length
  }

  #skip(length: number): void {
    this.#endWord()
    this.#at += length
  }

  #endWord(): void {
    if (this.#word !== null) this.#tokens.push({ type: 'word', text: this.#word })
    this.#word = null
  }

  #end(char: string): void {
    // A brace is a group only where it stands alone.
    const isAlone = this.#word === null && /^.(?:[\s;&|)]|$)/s.test(this.#text.slice(this.#at, this.#at + 2))
    if ('{}'.includes(char) && !isAlone) return this.#add(char, 1)
    if (char === '&' && this.#text[this.#at + 1] === '>') return this.#skip(1)
    const isPipe = char === '|' && this.#text[this.#at + 1] !== '|'
    this.#skip(1)
    this.#tokens.push({ type: 'end', isPipe })
  }

  #redirect(char: string): void {
    // The number before it is no argument.
    if (this.#word !== null && /^\d+$/.test(this.#word)) this.#word = null
    this.#endWord()
    const mark = /^(?:>>|>\||>&|<<<|<>|<&|>|<)/.exec(this.#text.slice(this.#at))?.[0] ?? char
    this.#at += mark.length
    const isCopy = mark.endsWith('&') && /^\s*(?:\d|-)/.test(this.#text.slice(this.#at))
    this.#tokens.push({ type: 'redirect', writes: mark.includes('>') && !isCopy })
  }

  #single(): void {
    const end = this.#text.indexOf("'", this.#at + 1)
    if (end === -1) this.#isWhole = false
    const stop = end === -1 ? this.#text.length : end
    this.#add(this.#text.slice(this.#at + 1, stop), stop - this.#at + 1)
  }

  #double(): void {
    this.#word ??= ''
    this.#at += 1
    while (this.#at < this.#text.length && this.#text[this.#at] !== '"') {
      const char = this.#text[this.#at] ?? ''
      if (char === '\\') this.#add(this.#text[this.#at + 1] ?? '', 2)
      else if (char === '`') this.#backquote()
      else if (this.#text.startsWith('$(', this.#at)) this.#bracket()
      else this.#add(char, 1)
    }
    if (this.#at >= this.#text.length) this.#isWhole = false
    this.#at += 1
  }

  #backquote(): void {
    const end = this.#text.indexOf('`', this.#at + 1)
    const stop = end === -1 ? this.#text.length : end
    if (end === -1) this.#isWhole = false
    this.#inner.push(this.#text.slice(this.#at + 1, stop))
    this.#add('$()', stop - this.#at + 1)
  }

  /** `$(`, `<(` or `>(` to its own bracket. */
  #bracket(): void {
    let depth = 0
    let stop = this.#at + 1
    do {
      if (this.#text[stop] === '(') depth += 1
      else if (this.#text[stop] === ')') depth -= 1
      stop += 1
    } while (depth > 0 && stop < this.#text.length)
    if (depth > 0) this.#isWhole = false
    this.#inner.push(this.#text.slice(this.#at + 2, stop - 1))
    this.#add('$()', stop - this.#at)
  }

  #comment(): void {
    const end = this.#text.indexOf('\n', this.#at)
    this.#at = end === -1 ? this.#text.length : end
  }
}
