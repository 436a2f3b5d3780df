import type { StorageBackend } from './storage-backend.ts'

/** Storage that ends with the process. Values are copied in and out, as a durable one would. */
export function createMemoryStorage(): StorageBackend {
  const rooms = new Map<string, Map<string, unknown>>()
  return {
    get: async (room, key) => structuredClone(rooms.get(room)?.get(key)),
    set: async (room, key, value) => {
      const values = rooms.get(room) ?? new Map<string, unknown>()
      values.set(key, structuredClone(value))
      rooms.set(room, values)
    },
    delete: async (room, key) => rooms.get(room)?.delete(key) ?? false,
    keys: async (room) => [...(rooms.get(room)?.keys() ?? [])],
  }
}
