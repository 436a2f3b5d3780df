import { readFileSync } from 'node:fs'

/**
 * Reads an interface, or a class's public part, from formatted TypeScript: its doc comment and its members as
 * `{ doc, name, signature }`, in the order of the source. Only what stands at the member's own indentation counts.
 */
export function readInterface(file, name) {
  const source = readFileSync(file, 'utf8')
  const head = new RegExp(`^export (?:interface|class) ${name}\\b`, 'm').exec(source)
  if (head === null) throw new Error(`${file} declares no ${name}`)
  const opening = source.indexOf('{\n', head.index)
  const body = source.slice(opening + 2, source.indexOf('\n}', opening) + 1)
  const [, base] = /\bextends (\w+)/.exec(source.slice(head.index, opening)) ?? []
  return { doc: docBefore(source.slice(0, head.index)), base: base ?? null, members: membersOf(body) }
}

/** The doc comment that ends a text, without its stars. */
function docBefore(text) {
  const [, comment] = /\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*$/.exec(text) ?? []
  return comment === undefined ? '' : plain(comment)
}

function plain(comment) {
  return comment
    .split('\n')
    .map((line) => line.replace(/^\s*\*? ?/, '').trim())
    .filter((line) => line !== '')
    .join(' ')
}

function membersOf(body) {
  const members = []
  let pending = []
  const flush = () => {
    const text = pending.join('\n')
    const doc = /\/\*\*[\s\S]*?\*\//.exec(text)?.[0] ?? ''
    const signature = text
      .replaceAll(/\/\*\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '')
      .replace(/ \{\n[\s\S]*/, '')
      .replaceAll(/\s+/g, ' ')
      .replaceAll(/([<(]) | ,?(?=[)>])|,(?=[)>])/g, '$1')
      .replace(/^async /, '')
      .trim()
    const named = /^(?:readonly |async |get )*'?([\w.-]+)'?/.exec(signature)
    if (named !== null && !/^(?:readonly )?#|^constructor/.test(signature))
      members.push({ doc: plain(doc.slice(3, -2)), name: named[1], signature })
    pending = []
  }
  let inComment = false
  for (const line of body.split('\n')) {
    const ownLevel = /^ {2}[^\s})|&]/.test(line)
    const afterComment = pending.length > 0 && /\*\/\s*$|^\s*\/\/.*$/.test(pending.at(-1))
    if (ownLevel && !inComment && pending.length > 0 && !afterComment) flush()
    if (line.trim() !== '' || pending.length > 0) pending.push(line)
    inComment = inComment ? !line.includes('*/') : /\/\*\*(?!.*\*\/)/.test(line)
  }
  flush()
  return members
}
