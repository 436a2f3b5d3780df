import type { RequirementVerdict } from '@agentproxy/plugin'
import { z } from 'zod'

const answerSchema = z.object({
  requirements: z.array(
    z.object({
      number: z.number().int(),
      met: z.boolean(),
      evidence: z.string().trim().min(1),
      file: z.string().min(1).nullable().default(null),
    }),
  ),
})

export type Verdicts =
  | { readonly ok: true; readonly verdicts: readonly RequirementVerdict[] }
  | { readonly ok: false; readonly problem: string }

/**
 * Reads what a judge answered. It counts only if it speaks of every requirement once, and if each one it calls met is
 * shown by a quotation that really stands in the file it names. `textOf` gives a file's text as judged; null = no such file.
 */
export async function readVerdicts(
  value: unknown,
  requirements: readonly string[],
  textOf: (path: string) => Promise<string | null>,
): Promise<Verdicts> {
  const parsed = answerSchema.safeParse(value)
  if (!parsed.success)
    return { ok: false, problem: `the answer is not as asked for (${z.prettifyError(parsed.error)})` }
  const verdicts: RequirementVerdict[] = []
  for (const [at, requirement] of requirements.entries()) {
    const said = parsed.data.requirements.filter(({ number }) => number === at + 1)
    const [one] = said
    if (one === undefined || said.length > 1)
      return { ok: false, problem: `requirement ${at + 1} was judged ${said.length} times` }
    const { met, evidence, file } = one
    const lie = met ? await whyFalse(evidence, file, textOf) : null
    if (lie !== null) return { ok: false, problem: `requirement ${at + 1} is called met, but ${lie}` }
    verdicts.push({ requirement, met, evidence, file })
  }
  return { ok: true, verdicts }
}

async function whyFalse(
  quotation: string,
  file: string | null,
  textOf: (path: string) => Promise<string | null>,
): Promise<string | null> {
  if (file === null) return 'no file was named that shows it'
  const text = await textOf(file)
  if (text === null) return `there is no file ${file}`
  return flat(text).includes(flat(quotation)) ? null : `what was quoted from ${file} does not stand in it`
}

// Models lay code out anew when they quote it.
function flat(text: string): string {
  return text.replace(/\s+/g, ' ').trim()
}
