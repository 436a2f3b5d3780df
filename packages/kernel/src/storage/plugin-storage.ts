import type { JsonValue, PluginStorage } from '@agentproxy/plugin'
import type { StorageBackend } from './storage-backend.ts'

/** A plugin's room, `plugin:<name>`, or its room for one task, `plugin:<name>:task:<id>`. */
export function createPluginStorage(
  backend: StorageBackend,
  plugin: string,
  taskId: string | null = null,
): PluginStorage {
  const room = taskId === null ? `plugin:${plugin}` : `plugin:${plugin}:task:${taskId}`
  return {
    get: async (key) => (await backend.get(room, key)) as JsonValue | undefined,
    set: (key, value) => backend.set(room, key, value),
    delete: (key) => backend.delete(room, key),
    keys: () => backend.keys(room),
    forTask: (task) => createPluginStorage(backend, plugin, task),
  }
}
