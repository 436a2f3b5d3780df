import type { JsonValue } from './exchange-payloads.ts'

/**
 * A plugin's own durable key-value room: values survive hooks, reload and restart. `ctx.storage` is shared by all
 * tasks; `ctx.storage.forTask(id)` is a room of its own for one task.
 */
export interface PluginStorage {
  get(key: string): Promise<JsonValue | undefined>
  set(key: string, value: JsonValue): Promise<void>
  delete(key: string): Promise<boolean>
  keys(): Promise<readonly string[]>
  forTask(taskId: string): PluginStorage
}
