/** Adds one step to a JSON pointer (RFC 6901). */
export function childPointer(parent: string, key: string): string {
  return `${parent}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`
}
