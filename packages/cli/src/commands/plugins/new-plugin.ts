import { lstat, mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Invocation } from '../../args/invocation.ts'
import { CliError } from '../../errors.ts'
import { scaffold } from '../../scaffold/scaffold.ts'
import type { PluginKind } from '../../scaffold/scaffold.ts'
import { readVersion } from '../../version.ts'
import { BUNDLED_PLUGINS } from '../../app/bundled-plugins.ts'

/** The kernel's own rule for names. */
const NAME = /^[a-z0-9][a-z0-9-]{0,63}$/

export interface NewFlags {
  readonly name: string
  readonly kind: PluginKind
  readonly class?: boolean
  readonly js?: boolean
  readonly withTests?: boolean
  readonly dir: string
  readonly json?: boolean
}

/** `plugins new NAME`: a folder with a plugin that loads and passes its tests as it is. */
export async function newPlugin({ cwd, terminal }: Invocation, flags: NewFlags): Promise<number> {
  checkName(flags)
  const folder = path.resolve(cwd, flags.dir, flags.name)
  const files = scaffold({
    name: flags.name,
    kind: flags.kind,
    classStyle: flags.class ?? false,
    javascript: flags.js ?? false,
    withTests: flags.withTests ?? false,
    version: readVersion(),
  })
  await refuseTaken(folder)
  // Never writable by others, whatever the umask: such a folder would not be loaded.
  await mkdir(folder, { recursive: true, mode: 0o755 })
  // The entry comes last: a server that watches the folder sees a plugin only when all of it is there.
  for (const [name, text] of Object.entries(files).toReversed())
    await writeFile(path.join(folder, name), text, { mode: 0o644, flag: 'wx' })
  const shown = path.relative(cwd, folder)
  const asPath = shown.startsWith('..') || path.isAbsolute(shown) ? folder : `./${shown}`
  if (flags.json === true) {
    terminal.out.write(`${JSON.stringify({ name: flags.name, folder, files: Object.keys(files) })}\n`)
    return 0
  }
  for (const name of Object.keys(files)) terminal.out.write(`${asPath}/${name}\n`)
  terminal.out.write(`\nNext: agentproxy plugins test ${asPath}\n`)
  return 0
}

function checkName({ name, kind, class: classStyle }: NewFlags): void {
  if (!NAME.test(name)) {
    const better = name
      .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-|-$/g, '')
      .slice(0, 64)
    throw new CliError(
      'USAGE',
      `"${name}" is no name for a plugin: it is a-z, 0-9 and -, at most 64 letters`,
      {
        hint:
          better === ''
            ? 'For example: agentproxy plugins new my-plugin'
            : `For example: agentproxy plugins new ${better}`,
      },
    )
  }
  if (BUNDLED_PLUGINS.some((bundled) => bundled.name === name))
    throw new CliError('USAGE', `${name} is the name of a bundled plugin`, { hint: 'Take another name.' })
  if (classStyle === true && kind !== 'system')
    throw new CliError('USAGE', `a plugin of kind ${kind} is a definition; leave --class out`)
}

async function refuseTaken(folder: string): Promise<void> {
  const found = await lstat(folder).catch(() => null)
  if (found === null) return
  throw new CliError('PLUGIN_EXISTS', `${folder} is there already; nothing was written`, {
    hint: 'Take another name, or another place with --dir.',
  })
}
