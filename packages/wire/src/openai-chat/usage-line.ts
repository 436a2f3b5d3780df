/** OpenAI repeats `"usage":null` and `"finish_reason":null` in every chunk; only another value matters. */
export function mattersToUsage(line: Buffer): boolean {
  return (
    line.includes('[DONE]') ||
    line.includes('"error"') ||
    hasValue(line, '"usage"') ||
    hasValue(line, '"finish_reason"')
  )
}

/** Whether some occurrence of the key is not plainly followed by null. */
function hasValue(line: Buffer, key: string): boolean {
  for (let at = line.indexOf(key); at !== -1; at = line.indexOf(key, at + key.length)) {
    let next = at + key.length
    while (line[next] === 0x20 || line[next] === 0x3a) next += 1
    if (line[next] !== 0x6e) return true
  }
  return false
}
