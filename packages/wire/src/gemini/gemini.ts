import type { Format } from '../format.ts'
import { readGeminiError, writeGeminiError } from './error.ts'
import { readGeminiRequest } from './read-request.ts'
import { readGeminiResponse } from './read-response.ts'
import { createGeminiStreamReader } from './stream-reader.ts'
import { createGeminiStreamWriter } from './stream-writer.ts'
import { readAnswerUsage } from './usage.ts'
import { writeGeminiRequest } from './write-request.ts'
import { writeGeminiResponse } from './write-response.ts'

/** Google's Gemini format. Protocol: https://ai.google.dev/api/generate-content */
export const gemini: Format = {
  name: 'gemini',
  readRequest: readGeminiRequest,
  writeRequest: writeGeminiRequest,
  readResponse: readGeminiResponse,
  writeResponse: writeGeminiResponse,
  createStreamReader: createGeminiStreamReader,
  createStreamWriter: createGeminiStreamWriter,
  readError: readGeminiError,
  writeError: writeGeminiError,
  readUsage: readAnswerUsage,
  // Every chunk repeats its usage, and a finish reason only counts if no content comes after it.
  mattersToUsage: () => true,
}
