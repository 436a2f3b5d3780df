import * as fc from 'fast-check'

type Json = Record<string, unknown>

const word = fc.string({ minLength: 1, maxLength: 12 }).filter((text) => text.trim() !== '')
const id = fc.stringMatching(/^[a-zA-Z0-9_-]{1,30}$/).map((text) => `id${text}`)
// Written and read once, because JSON.stringify writes -0 as 0.
const json = fc.jsonValue({ maxDepth: 2 }).map((value) => JSON.parse(JSON.stringify(value)) as unknown)
const args = fc.dictionary(word, fc.oneof(word, fc.integer(), fc.boolean(), fc.array(word)), {
  noNullPrototype: true,
})
const none = fc.constant({})
const mixed = (base: fc.Arbitrary<object>, ...more: fc.Arbitrary<object>[]): fc.Arbitrary<Json> =>
  fc
    .tuple(base, ...more.map((one) => fc.oneof(none, one)))
    .map((parts) => Object.assign({}, ...parts) as Json)

const unknownField = fc.record({ someFutureField: json.map((value) => ({ value })) })
const signed = fc.record({
  thoughtSignature: fc.oneof(
    fc.base64String({ minLength: 4 }).map((text) => `Cg${text}`),
    fc.constant('skip_thought_signature_validator'),
  ),
})
const upper = fc.constant({
  type: 'OBJECT',
  properties: { b: { type: 'STRING', nullable: true }, a: { type: 'ARRAY', items: { type: 'INTEGER' } } },
  propertyOrdering: ['a', 'b'],
})
const lower = fc.constant({ type: 'object', properties: { city: { type: 'string' } }, $defs: {} })

const media = fc.oneof(
  fc.record({
    inlineData: mixed(
      fc.record({
        mimeType: fc.constantFrom('image/png', 'audio/wav', 'application/pdf', 'video/mp4'),
        data: fc.base64String(),
      }),
      fc.record({ displayName: word }),
    ),
  }),
  fc.record({
    fileData: fc.record({
      mimeType: fc.constantFrom('image/png', 'application/pdf', 'video/mp4'),
      fileUri: fc.oneof(fc.webUrl(), fc.constant('gs://bucket/file')),
    }),
  }),
)
const spoken = fc.oneof(
  mixed(fc.record({ text: word }), signed, unknownField),
  media,
  mixed(media, fc.record({ videoMetadata: fc.constant({ fps: 2 }) })),
  fc.record({ someFuturePart: word }),
)
const response = fc.oneof(
  fc.record({ output: word }),
  fc.record({ error: word }),
  fc.record({ result: fc.record({ temperature: fc.integer() }) }),
  args,
)
// A name tells whether ids are used: where only one side has them, the other gets them too.
const called = fc.constantFrom('named_a', 'named_b')
const anonymous = fc.constantFrom('bare_a', 'bare_b')
const result = fc.oneof(
  fc.record({
    functionResponse: mixed(
      fc.record({ id, name: called, response }),
      fc.record({ parts: fc.array(media, { maxLength: 2 }) }),
      fc.record({ scheduling: fc.constant('SILENT') }),
    ),
  }),
  fc.record({ functionResponse: fc.record({ name: anonymous, response }) }),
)
const call = fc.oneof(
  mixed(fc.record({ functionCall: fc.record({ id, name: called, args }) }), signed),
  mixed(fc.record({ functionCall: fc.record({ name: anonymous, args }) }), signed),
)
const content = fc.oneof(
  mixed(
    fc.record({ role: fc.constant('user'), parts: fc.array(fc.oneof(spoken, result), { minLength: 1 }) }),
    unknownField,
  ),
  fc.record({ role: fc.constant('function'), parts: fc.array(result, { minLength: 1 }) }),
  fc.record({
    role: fc.constant('model'),
    parts: fc.array(
      fc.oneof(
        spoken,
        call,
        mixed(fc.record({ text: word, thought: fc.constant(true) }), signed),
        fc.record({ executableCode: fc.record({ language: fc.constant('PYTHON'), code: word }) }),
      ),
      { minLength: 1 },
    ),
  }),
)
const tools = fc.array(
  fc.record({
    functionDeclarations: fc.array(
      mixed(
        fc.record({ name: id, description: word }),
        fc.oneof(
          fc.record({ parameters: fc.oneof(upper, lower) }),
          fc.record({ parametersJsonSchema: lower }),
        ),
        fc.record({ behavior: fc.constant('BLOCKING') }),
      ),
      { minLength: 1 },
    ),
  }),
  { maxLength: 1 },
)
const generationConfig = mixed(
  none,
  fc.record({
    maxOutputTokens: fc.nat(),
    temperature: fc.constant(0.5),
    topP: fc.constant(0.9),
    topK: fc.nat(),
  }),
  fc.record({ stopSequences: fc.array(word), seed: fc.nat(), candidateCount: fc.constant(2) }),
  fc.record({ presencePenalty: fc.constant(0.1), frequencyPenalty: fc.constant(0.2) }),
  fc.record({ responseLogprobs: fc.boolean(), logprobs: fc.nat({ max: 20 }) }),
  fc.oneof(
    fc.constant({ responseMimeType: 'text/plain' }),
    fc.constant({ responseMimeType: 'application/json' }),
    fc.record({ responseMimeType: fc.constant('application/json'), responseSchema: upper }),
    fc.record({
      responseMimeType: fc.constant('application/json'),
      responseJsonSchema: fc.oneof(upper, lower),
    }),
    fc.record({ responseMimeType: fc.constant('text/x.enum'), responseSchema: upper }),
  ),
  fc.record({
    thinkingConfig: mixed(
      fc.constantFrom(
        { thinkingBudget: 0 },
        { thinkingBudget: -1 },
        { thinkingBudget: 2048 },
        { thinkingLevel: 'HIGH' },
      ),
      fc.record({ includeThoughts: fc.boolean() }),
    ),
  }),
  fc.record({ responseModalities: fc.constant(['TEXT']) }),
).filter((config) => Object.keys(config).length > 0)

/** Requests of any shape that generateContent allows, legal in form if not in sense. */
export const geminiDocument = mixed(
  fc.record({ contents: fc.array(content, { maxLength: 6 }) }),
  fc.record({
    systemInstruction: mixed(
      fc.record({ parts: fc.array(fc.record({ text: word }), { minLength: 1 }) }),
      fc.constant({ role: 'user' }),
    ),
  }),
  fc.record({
    tools: fc
      .tuple(tools, fc.subarray([{ googleSearch: {} }, { urlContext: {} }]))
      .map(([functions, builtin]): object[] => [...functions, ...builtin]),
  }),
  fc.record({
    toolConfig: fc.constantFrom<object>(
      { functionCallingConfig: { mode: 'AUTO' } },
      { functionCallingConfig: { mode: 'ANY', allowedFunctionNames: ['named_a'] } },
      { functionCallingConfig: { mode: 'ANY', allowedFunctionNames: ['named_a', 'named_b'] } },
      { functionCallingConfig: { mode: 'VALIDATED' } },
      { functionCallingConfig: { mode: 'NONE' }, retrievalConfig: { languageCode: 'de' } },
    ),
  }),
  fc.record({ generationConfig }),
  fc.constant({
    safetySettings: [{ category: 'HARM_CATEGORY_HARASSMENT', threshold: 'OFF' }],
    labels: { a: 'b' },
  }),
  fc.record({ cachedContent: word }),
  unknownField,
)
