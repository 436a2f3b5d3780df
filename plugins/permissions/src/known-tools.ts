import type { ToolKind } from '@agentproxy/plugin'

/** What is known of a tool by its name. */
export interface KnownTool {
  readonly kind: ToolKind
  /** Arguments that name files it writes. */
  readonly paths?: readonly string[]
  /** Arguments that hold a shell's line, or a program with its arguments. */
  readonly commands?: readonly string[]
  /** Arguments that hold a patch in the form of `apply_patch`. */
  readonly patches?: readonly string[]
}

const FILE = ['file_path', 'filePath', 'path', 'notebook_path', 'absolute_path', 'target_file', 'filename']
const LINE = ['command', 'cmd', 'commands', 'script']
const PATCH = ['input', 'patch', 'patchText', 'patch_text']

const writes: KnownTool = { kind: 'edit', paths: FILE }
const runs: KnownTool = { kind: 'execute', commands: LINE }
const patches: KnownTool = { kind: 'edit', patches: PATCH, paths: ['path'] }
const reads: KnownTool = { kind: 'read' }
const looks: KnownTool = { kind: 'search' }
const fetches: KnownTool = { kind: 'fetch' }

/**
 * Tools of Claude Code, Codex, opencode, Gemini CLI, the built-in agent and the vendors' own editors, by their names in
 * small letters.
 */
const KNOWN_TOOLS: ReadonlyMap<string, KnownTool> = new Map([
  ...names(
    writes,
    'write edit multiedit notebookedit write_file edit_file create_file replace insert append',
  ),
  ...names(writes, 'write_to_file replace_in_file str_replace_editor str_replace_based_edit_tool memory'),
  ...names({ kind: 'edit', paths: ['source', 'destination', ...FILE] }, 'move_file rename_file copy_file'),
  ...names({ kind: 'delete', paths: FILE }, 'delete_file remove_file'),
  ...names(patches, 'apply_patch patch'),
  ...names(
    runs,
    'bash shell local_shell exec_command shell_command run_shell_command run_command unified_exec',
  ),
  ...names({ kind: 'execute', commands: ['chars', 'input'] }, 'write_stdin'),
  ...names(reads, 'read read_file read_many_files view_image notebookread'),
  ...names(looks, 'grep glob ls list list_files list_directory search search_file_content'),
  ...names(fetches, 'webfetch websearch web_fetch web_search google_web_search fetch'),
  ...names({ kind: 'think' }, 'todowrite todoread update_plan write_todos think exitplanmode'),
])

/** `mcp__server__write_file` is known as `write_file`. */
export function knownTool(name: string): KnownTool | null {
  const own = name.toLowerCase()
  return KNOWN_TOOLS.get(own) ?? KNOWN_TOOLS.get(own.split(/__|[./:]/).at(-1) ?? '') ?? null
}

function names(tool: KnownTool, list: string): [string, KnownTool][] {
  return list.split(' ').map((name) => [name, tool])
}
