/** The lines a patch adds to and takes from one file. */
export interface PatchFile {
  readonly path: string
  readonly added: string[]
  readonly removed: string[]
}

/** Reads what git wrote. */
export function readPatch(patch: string): readonly PatchFile[] {
  const files: PatchFile[] = []
  let inHunk = false
  for (const line of patch.split('\n')) {
    if (line.startsWith('diff --git ')) {
      inHunk = false
      files.push({ path: line.slice(line.lastIndexOf(' b/') + 3), added: [], removed: [] })
    } else if (line.startsWith('@@')) inHunk = true
    else if (inHunk && line.startsWith('+')) files.at(-1)?.added.push(line.slice(1))
    else if (inHunk && line.startsWith('-')) files.at(-1)?.removed.push(line.slice(1))
  }
  return files
}
