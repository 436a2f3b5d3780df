export { anthropic } from './anthropic/anthropic.ts'
export { errorTypeOf, statusOf } from './error/error-type.ts'
export { requestId, retryAfterMs } from './error/error-headers.ts'
export { WireReadError } from './errors.ts'
export type { WireReadErrorCode } from './errors.ts'
export type { Format, ReadStreamOptions, StreamReader, StreamWriter, WriteOptions } from './format.ts'
export { formats } from './formats.ts'
export { gemini } from './gemini/gemini.ts'
export { LossReport } from './loss.ts'
export type { Loss } from './loss.ts'
export { createEventOrder } from './model/event-order.ts'
export type {
  ModelBlock,
  ModelDelta,
  ModelError,
  ModelErrorType,
  ModelEvent,
  ModelUsage,
  StopReason,
} from './model/event.ts'
export { foldEvents } from './model/fold-events.ts'
export type { FoldedAnswer, FoldedBlock } from './model/fold-events.ts'
export type { WireFormat } from './model/format-name.ts'
export type {
  AudioBlock,
  CacheControl,
  Citations,
  ContentBlock,
  DocumentBlock,
  Extras,
  ImageBlock,
  ItemNames,
  JsonSchema,
  MediaSource,
  ModelMessage,
  ModelRequest,
  ModelTool,
  OpaqueBlock,
  Place,
  Reasoning,
  RedactedThinkingBlock,
  RefusalBlock,
  RequestSource,
  ResponseFormat,
  SystemMessage,
  TextBlock,
  ThinkingBlock,
  ToolCallBlock,
  ToolChoice,
  ToolResultBlock,
} from './model/request.ts'
export { addUsage, mergeUsage } from './model/usage.ts'
export { openaiChat } from './openai-chat/openai-chat.ts'
export { openaiResponses } from './openai-responses/openai-responses.ts'
export { scanRequest } from './scan-request.ts'
export type { RequestScan } from './scan-request.ts'
export { createSseParser } from './sse/sse-parser.ts'
export type { SseEvent, SseParser, SseParserOptions } from './sse/sse-parser.ts'
export { createUsageTap, readUsage } from './usage-tap.ts'
export type { UsageTap, UsageTapResult } from './usage-tap.ts'
