import type { TaskOrder } from '@agentproxy/supervisor'

/** What the task waits for; null = nothing of that sort. */
export interface Waiting {
  readonly permission: string | null
  readonly question: string | null
}

const PERMITS = {
  y: 'allow_once',
  yes: 'allow_once',
  always: 'allow_always',
  n: 'reject_once',
  no: 'reject_once',
  never: 'reject_always',
} as const

const COMMANDS: Readonly<Record<string, (text: string) => TaskOrder | null>> = {
  '/queue': (text) => message(text, 'queue'),
  '/steer': (text) => message(text, 'steer'),
  '/interrupt': (text) => message(text, 'interrupt'),
  '/pause': () => ({ do: 'pause' }),
  '/resume': () => ({ do: 'resume' }),
  '/stop': () => ({ do: 'stop', mode: 'graceful' }),
  '/kill': () => ({ do: 'stop', mode: 'kill' }),
}

/** What can be typed, in one line. */
export const TYPED_HELP = `type to the agent, or ${Object.keys(COMMANDS).join(', ')}`

/** What one typed line asks of the task; a string says what is wrong with it, null is an empty line. */
export function typedOrder(line: string, { permission, question }: Waiting): TaskOrder | string | null {
  const text = line.trim()
  if (text === '') return null
  const [word = '', ...rest] = text.split(' ')
  if (text.startsWith('/'))
    return COMMANDS[word]?.(rest.join(' ').trim()) ?? `There is no ${word} of that sort; ${TYPED_HELP}`
  if (permission !== null) {
    const option = PERMITS[text.toLowerCase() as keyof typeof PERMITS]
    if (option !== undefined) return { do: 'permit', permission, option }
    return 'It waits for your permission: y, n, always or never; /steer TEXT speaks to the agent.'
  }
  if (question !== null) return { do: 'answer', question, text }
  return message(text, 'steer')
}

function message(text: string, mode: 'steer' | 'queue' | 'interrupt'): TaskOrder | null {
  return text === '' ? null : { do: 'message', text, mode }
}
