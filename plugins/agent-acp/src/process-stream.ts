import { methods, type AnyMessage, type AnyNotification, type Stream } from '@agentclientprotocol/sdk'
import { type Garbage, sendJson } from '@agentproxy/agent-kit'
import type { AgentProcess } from '@agentproxy/plugin'
import { readUpdate } from './session-update.ts'
import type { SessionUpdates } from './session-updates.ts'

export interface Beside {
  readonly updates: SessionUpdates
  readonly garbage: Garbage
}

/**
 * The lines of a process as the messages of a connection. Lines that are none are passed over. Updates of the session go
 * their own way: the library takes only those the protocol has today, and prints an error for any other.
 */
export function processStream(child: AgentProcess, { updates, garbage }: Beside): Stream {
  return {
    readable: new ReadableStream<AnyMessage>({
      async start(controller) {
        for await (const line of child.lines) {
          if (line.trim() === '') continue
          const message = readMessage(line)
          if (message === null) garbage.add(line)
          else if (!isUpdate(message)) controller.enqueue(message)
          else {
            const update = readUpdate(message.params)
            if (update === 'broken') garbage.add(line)
            else if (update !== null) updates.take(update)
          }
        }
        controller.close()
      },
    }),
    writable: new WritableStream<AnyMessage>({
      write: (message) => void sendJson(child, message),
    }),
  }
}

function isUpdate(message: AnyMessage): message is AnyNotification {
  return 'method' in message && message.method === methods.client.session.update && !('id' in message)
}

function readMessage(line: string): AnyMessage | null {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    return null
  }
  if (typeof value !== 'object' || value === null) return null
  const isMessage = 'method' in value || 'result' in value || 'error' in value
  // What is inside is checked by the library, against the protocol's schema.
  return isMessage ? (value as AnyMessage) : null
}
