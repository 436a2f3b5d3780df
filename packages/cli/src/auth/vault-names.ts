/** Where a plugin's secret stands in the vault. Plugin names hold no slash. */
export function secretEntry(plugin: string, name: string): string {
  return `secret/${plugin}/${name}`
}

export function loginEntry(provider: string): string {
  return `login/${provider}`
}

/** The plugin and the name of a secret's entry; null = it is something else. */
export function readSecretEntry(entry: string): { readonly plugin: string; readonly name: string } | null {
  const [kind, plugin, ...name] = entry.split('/')
  return kind === 'secret' && plugin !== undefined ? { plugin, name: name.join('/') } : null
}
