/**
 * What was pasted, as the parameters of a callback: the whole address, `code#state` as some pages show it, or the code
 * alone. null = there is nothing in it.
 */
export function readPasted(text: string): URLSearchParams | null {
  const pasted = text.trim()
  if (/^https?:\/\//i.test(pasted) && URL.canParse(pasted)) return new URL(pasted).searchParams
  const [code = '', state] = pasted.split('#')
  if (code === '') return null
  return new URLSearchParams(state === undefined ? { code } : { code, state })
}
