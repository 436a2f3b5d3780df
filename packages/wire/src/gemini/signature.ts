/**
 * The `thoughtSignature` of a call that Gemini did not make, or made without one; newer models refuse a call that has none.
 * https://ai.google.dev/gemini-api/docs/thought-signatures
 */
export const NO_SIGNATURE = 'skip_thought_signature_validator'
