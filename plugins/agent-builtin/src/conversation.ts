import { randomUUID } from 'node:crypto'
import { mkdir, open, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { modelMessageSchema, type ModelMessage } from 'ai'
import { z } from 'zod'
import { answerDanglingCalls } from './dangling-calls.ts'

const saved = z.object({ version: z.literal(1), messages: z.array(modelMessageSchema) })
const ID = /^[0-9a-f-]{36}$/

/** What was said so far, kept in one file of the agent's state folder. */
export interface Conversation {
  readonly id: string
  readonly messages: readonly ModelMessage[]
  /** Set when the conversation asked for could not be continued and a new one was begun. */
  readonly problem: string | null
  /** Adds messages and saves; the file is the old or the new conversation, never a part. */
  add(...messages: readonly ModelMessage[]): Promise<void>
}

/**
 * Opens a saved conversation, or begins one when it cannot be read; an unreadable file is put aside, not lost.
 * Tool calls that a kill left without a result get a synthetic one, because model vendors refuse a call without an answer.
 */
export async function openConversation(stateDir: string, id: string, resume: boolean): Promise<Conversation> {
  const folder = join(stateDir, 'conversations')
  await mkdir(folder, { recursive: true, mode: 0o700 })
  if (!ID.test(id)) {
    const problem = `${id} is no conversation of this agent. A new one was begun.`
    return conversation(folder, randomUUID(), { messages: [], problem })
  }
  if (!resume) return conversation(folder, id, { messages: [], problem: null })
  const file = join(folder, `${id}.json`)
  try {
    const { messages } = saved.parse(JSON.parse(await readFile(file, 'utf8')))
    return conversation(folder, id, { messages: answerDanglingCalls(messages), problem: null })
  } catch {
    const found = await rename(file, `${file}.unreadable`).then(
      () => true,
      () => false,
    )
    const what = found ? 'could not be read' : 'was not found'
    const problem = `The saved conversation ${what}. A new one was begun.`
    return conversation(folder, id, { messages: [], problem })
  }
}

function conversation(
  folder: string,
  id: string,
  start: { messages: ModelMessage[]; problem: string | null },
): Conversation {
  const messages = start.messages
  const file = join(folder, `${id}.json`)
  return {
    id,
    messages,
    problem: start.problem,
    async add(...added) {
      messages.push(...added)
      await writeAtomically(file, JSON.stringify({ version: 1, messages }))
    },
  }
}

async function writeAtomically(file: string, text: string): Promise<void> {
  const temporary = `${file}.${process.pid}.tmp`
  const handle = await open(temporary, 'w', 0o600)
  try {
    await handle.writeFile(text)
    await handle.sync()
  } finally {
    await handle.close()
  }
  await rename(temporary, file)
}
