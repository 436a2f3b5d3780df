import type { AgentTurn } from '@agentproxy/plugin'

/** Tells people once that an agent prints what is no message. */
export class Garbage {
  readonly #turn: AgentTurn
  readonly #agent: string
  #told = false

  constructor(turn: AgentTurn, agent: string) {
    this.#turn = turn
    this.#agent = agent
  }

  add(line: string): void {
    if (this.#told) return
    this.#told = true
    const text = `${this.#agent} printed a line that is no message; it and any others are passed over: ${JSON.stringify(line.slice(0, 120))}`
    this.#turn.emit({ type: 'notice', level: 'warn', text })
  }
}
