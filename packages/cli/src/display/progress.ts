import type { AgentState, CheckResult } from '@agentproxy/plugin'
import type { TaskContract, TaskEvent, WorkspaceMode } from '@agentproxy/supervisor'

const ACTIVITIES: Readonly<Record<AgentState, string>> = {
  busy: 'agent works',
  waiting: 'agent waits',
  retrying: 'agent tries a model call again',
  compacting: 'agent shortens its conversation',
  idle: 'agent is idle',
}

/** What a person wants to know while a task runs: the fold of its events. */
export class Progress {
  contract: TaskContract | null = null
  turn = 0
  /** What is going on now, in a few words. */
  activity = 'starting'
  /** The latest result of each check. */
  readonly checks = new Map<string, CheckResult>()
  /** Whether the result was brought back from a private folder. */
  applied = false
  finished: Extract<TaskEvent, { type: 'task.finished' }> | null = null

  apply(event: TaskEvent): void {
    switch (event.type) {
      case 'task.created':
      case 'task.started':
        this.contract = event.contract
        break
      case 'task.resumed':
        this.finished = null
        this.activity = 'resuming'
        break
      case 'turn.started':
        this.turn = event.turn
        this.activity = 'agent works'
        break
      case 'agent.event':
        if (event.event.type === 'tool_call') this.activity = event.event.title
        else if (event.event.type === 'tool_result') this.activity = 'agent works'
        else if (event.event.type === 'state') this.activity = ACTIVITIES[event.event.state]
        break
      case 'check.started':
        this.activity = `checking: ${event.check}`
        break
      case 'check.finished':
        this.checks.set(event.result.check, event.result)
        this.activity = 'deciding'
        break
      case 'result.applied':
        this.applied = true
        break
      case 'task.finished':
        this.finished = event
        break
      default:
        break
    }
  }

  get workspace(): WorkspaceMode {
    // A log of an older release knows no private folders.
    return this.contract?.workspace?.mode ?? 'in-place'
  }
}
