import type { PluginInfo } from './plugin-record.ts'

/** Configures several plugins, each by itself; rejects afterwards if some refused. */
export async function configureAll(
  configs: Readonly<Record<string, unknown>>,
  configure: (name: string, config: unknown) => Promise<PluginInfo>,
): Promise<readonly PluginInfo[]> {
  const infos: PluginInfo[] = []
  const errors: unknown[] = []
  for (const [name, config] of Object.entries(configs)) {
    await configure(name, config).then(
      (info) => infos.push(info),
      (error: unknown) => errors.push(error),
    )
  }
  if (errors.length === 1) throw errors[0]
  if (errors.length > 1)
    throw new AggregateError(errors, `${errors.length} plugins refused their configuration`)
  return infos
}
