/** Gemini 3 and later are told how much to think by a level, earlier models by a budget of tokens. */
export function takesLevel(model: string): boolean {
  return /gemini-(?:[3-9]|\d\d)/.test(model)
}

/** Whether the model can think at all; those before 2.5 refuse to be asked. */
export function canThink(model: string): boolean {
  return !/gemini-(?:1|2\.0)/.test(model)
}

/** The fewest and most tokens a model of the 2.5 family may think. https://ai.google.dev/gemini-api/docs/thinking */
export function budgetRange(model: string): { readonly min: number; readonly max: number } {
  if (model.includes('pro')) return { min: 128, max: 32_768 }
  return { min: model.includes('lite') ? 512 : 1, max: 24_576 }
}
