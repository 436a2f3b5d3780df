import type { Format } from '../format.ts'
import { isRecord } from '../json/json-record.ts'
import { readOpenaiError, writeOpenaiError } from '../openai/error.ts'
import { readOpenaiChatRequest } from './read-request.ts'
import { readOpenaiChatResponse } from './read-response.ts'
import { createOpenaiChatStreamReader } from './stream-reader.ts'
import { createOpenaiChatStreamWriter } from './stream-writer.ts'
import { readOpenaiUsage } from './usage.ts'
import { mattersToUsage } from './usage-line.ts'
import { writeOpenaiChatRequest } from './write-request.ts'
import { writeOpenaiChatResponse } from './write-response.ts'

/** OpenAI's Chat Completions format. Protocol: https://platform.openai.com/docs/api-reference/chat */
export const openaiChat: Format = {
  name: 'openai-chat',
  readRequest: readOpenaiChatRequest,
  writeRequest: writeOpenaiChatRequest,
  readResponse: readOpenaiChatResponse,
  writeResponse: writeOpenaiChatResponse,
  createStreamReader: createOpenaiChatStreamReader,
  createStreamWriter: createOpenaiChatStreamWriter,
  readError: readOpenaiError,
  writeError: writeOpenaiError,
  readUsage: (body) => readOpenaiUsage(isRecord(body) ? body['usage'] : undefined),
  mattersToUsage,
}
