import type { Format } from '../format.ts'
import { isRecord } from '../json/json-record.ts'
import { readAnthropicError, writeAnthropicError } from './error.ts'
import { readAnthropicRequest } from './read-request.ts'
import { readAnthropicResponse } from './read-response.ts'
import { createAnthropicStreamReader } from './stream-reader.ts'
import { createAnthropicStreamWriter } from './stream-writer.ts'
import { readAnthropicUsage } from './usage.ts'
import { writeAnthropicRequest } from './write-request.ts'
import { writeAnthropicResponse } from './write-response.ts'

/** Anthropic's Messages format. Protocol: https://platform.claude.com/docs/en/api/messages */
export const anthropic: Format = {
  name: 'anthropic',
  readRequest: readAnthropicRequest,
  writeRequest: writeAnthropicRequest,
  readResponse: readAnthropicResponse,
  writeResponse: writeAnthropicResponse,
  createStreamReader: createAnthropicStreamReader,
  createStreamWriter: createAnthropicStreamWriter,
  readError: readAnthropicError,
  writeError: writeAnthropicError,
  readUsage: (body) => readAnthropicUsage(isRecord(body) ? body['usage'] : undefined),
  mattersToUsage: (line) => line.includes('message_') || line.includes('error'),
}
