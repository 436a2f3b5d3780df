import type { Format } from '../format.ts'
import { isRecord } from '../json/json-record.ts'
import { readOpenaiError, writeOpenaiError } from '../openai/error.ts'
import { readOpenaiResponsesRequest } from './read-request.ts'
import { readOpenaiResponsesResponse } from './read-response.ts'
import { createOpenaiResponsesStreamReader } from './stream-reader.ts'
import { createOpenaiResponsesStreamWriter } from './stream-writer.ts'
import { readResponsesUsage } from './usage.ts'
import { writeOpenaiResponsesRequest } from './write-request.ts'
import { writeOpenaiResponsesResponse } from './write-response.ts'

/** What a line of an event that ends a stream holds. */
const ENDS = [
  'response.completed',
  'response.incomplete',
  'response.failed',
  'response.cancelled',
  'response.done',
  'error',
]

/** OpenAI's Responses format. Protocol: https://platform.openai.com/docs/api-reference/responses */
export const openaiResponses: Format = {
  name: 'openai-responses',
  readRequest: readOpenaiResponsesRequest,
  writeRequest: writeOpenaiResponsesRequest,
  readResponse: readOpenaiResponsesResponse,
  writeResponse: writeOpenaiResponsesResponse,
  createStreamReader: createOpenaiResponsesStreamReader,
  createStreamWriter: createOpenaiResponsesStreamWriter,
  // Error answers are those of all OpenAI's interfaces.
  readError: readOpenaiError,
  writeError: writeOpenaiError,
  readUsage: (body) => readResponsesUsage(isRecord(body) ? body['usage'] : undefined),
  mattersToUsage: (lines) => ENDS.some((word) => lines.includes(word)),
}
