/** The wire formats of the vendors' HTTP interfaces. */
export type WireFormat = 'anthropic' | 'openai-chat' | 'openai-responses' | 'gemini'
