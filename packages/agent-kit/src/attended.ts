import type { AgentTurn } from '@agentproxy/plugin'

export interface Attention {
  /** Called once when the turn has to end, also when it has to already. */
  readonly onAbort: () => void
  /** What a person says meanwhile; resolves with whether the agent has it. */
  readonly onSteer?: (text: string) => Promise<boolean>
}

/** Runs `work`, and hears the turn's signal and what a person says for as long as it runs. */
export async function attended<T>(
  turn: AgentTurn,
  { onAbort, onSteer }: Attention,
  work: () => Promise<T>,
): Promise<T> {
  const steering = onSteer === undefined ? null : turn.onSteer(onSteer)
  if (turn.signal.aborted) onAbort()
  else turn.signal.addEventListener('abort', onAbort, { once: true })
  try {
    return await work()
  } finally {
    turn.signal.removeEventListener('abort', onAbort)
    steering?.[Symbol.dispose]()
  }
}
