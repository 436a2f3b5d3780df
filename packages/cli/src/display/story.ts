import { isDeepStrictEqual } from 'node:util'
import type { AgentEvent, PlanEntry } from '@agentproxy/plugin'
import { PROTECTED_BY_TASK } from '@agentproxy/supervisor'
import type { TaskContract, TaskEvent } from '@agentproxy/supervisor'
import { formatDuration } from '../args/duration.ts'
import { oneLine } from './strip-escapes.ts'
import { changeLines, checkLines, contractLines, findingLines } from './task-lines.ts'
import type { Page, TaskFacts } from './task-lines.ts'
import { wrap } from './wrap.ts'

type Of<Type extends TaskEvent['type']> = Extract<TaskEvent, { type: Type }>
type Talk = Of<
  'permission.decided' | 'permission.requested' | 'question.asked' | 'order.received' | 'message.delivered'
>
type ToolCall = Extract<AgentEvent, { type: 'tool_call' }>

const PLAN_MARKS: Readonly<Record<PlanEntry['status'], string>> = {
  pending: '○',
  in_progress: '◐',
  completed: '●',
}

/** Tells a task's events as lines for a person. Nothing foreign reaches a line unstripped. */
export class Story {
  readonly #page: Page
  readonly #facts: TaskFacts
  readonly #openCalls = new Map<string, ToolCall>()
  #contract: TaskContract | null = null
  #baselineShown = false

  constructor(page: Page, facts: TaskFacts) {
    this.#page = page
    this.#facts = facts
  }

  /** The lines of one event; none for events that are for machines. */
  lines(event: TaskEvent): readonly string[] {
    switch (event.type) {
      case 'task.created':
      case 'task.started':
      case 'task.resumed':
        return this.#began(event)
      case 'workspace.opened':
        return this.#workspace(event)
      case 'turn.started':
        return this.#turnStarted(event)
      case 'agent.event':
        return this.#agent(event.event)
      case 'permission.decided':
      case 'permission.requested':
      case 'question.asked':
      case 'order.received':
      case 'message.delivered':
        return this.#talk(event)
      case 'files.restored':
      case 'file.rolled-back':
      case 'result.applied':
      case 'workspace.removed':
        return this.#files(event)
      case 'turn.finished':
        return this.#turnFinished(event)
      case 'check.finished':
        return this.#checkFinished(event)
      case 'gate.evaluated':
        return this.#gate(event)
      case 'decision.made':
        return this.#decision(event)
      case 'function.finished':
        return event.ok ? [] : this.#note('warn', `${event.function} failed: ${event.result}`)
      case 'notice':
        return this.#note(event.level, event.text)
      case 'subtask.changed':
      case 'review.finished':
      case 'note.saved':
        return this.#reasoner(event)
      case 'task.state':
        return event.state === 'paused' ? this.#note('info', 'paused') : []
      case 'result.applying':
      case 'process.starting':
      case 'check.started':
      case 'task.finished':
        return []
    }
    // A log written by a newer release may hold events this one does not know.
    return []
  }

  #began(event: Of<'task.created' | 'task.started' | 'task.resumed'>): readonly string[] {
    if (event.type === 'task.resumed') return this.#resumed(event)
    if (event.type === 'task.started') return this.#started(event.contract)
    this.#contract = event.contract
    return contractLines(this.#page, event.contract, this.#facts)
  }

  #resumed({ generation, orphansEnded }: Of<'task.resumed'>): readonly string[] {
    const ended = orphansEnded === 0 ? '' : `; ${orphansEnded} left-over processes ended`
    return ['', this.#page.paint.bold(`Resumed (run ${generation}${ended})`)]
  }

  #started(contract: TaskContract): readonly string[] {
    const before = this.#contract
    this.#contract = contract
    if (before === null || isDeepStrictEqual(before, contract)) return []
    const { paint } = this.#page
    return ['', paint.bold('Changed by a plugin to'), ...contractLines(this.#page, contract, this.#facts)]
  }

  #workspace(event: Of<'workspace.opened'>): readonly string[] {
    const notes: string[] = []
    if (event.place) notes.push(`Work is done in ${event.place.dir}${branchText(event.place.branch)}.`)
    if (!event.git && !event.place)
      notes.push('Not a git repository; changes are tracked outside the folder.')
    if (event.dirty && !event.place)
      notes.push("Uncommitted changes were here before; they are kept and are not the agent's.")
    return notes.flatMap((note) => this.#note('info', note))
  }

  #turnStarted(event: Of<'turn.started'>): readonly string[] {
    const { paint } = this.#page
    this.#openCalls.clear()
    const limit = this.#contract?.budgets.maxTurns ?? null
    return ['', paint.bold(limit === null ? `Turn ${event.turn}` : `Turn ${event.turn} of ${limit}`)]
  }

  #agent(event: AgentEvent): readonly string[] {
    const { paint, width } = this.#page
    switch (event.type) {
      case 'text':
        return wrap(event.text, width - 4).map((line) => `  ${paint.dim('│')} ${line}`)
      case 'thought':
        return this.#thought(event.text)
      case 'tool_call':
        this.#openCalls.set(event.id, event)
        return []
      case 'tool_result': {
        const call = this.#openCalls.get(event.id)
        this.#openCalls.delete(event.id)
        return [this.#toolLine(call, event)]
      }
      case 'notice':
        return this.#note(event.level, event.text)
      case 'plan':
        return event.entries.flatMap(({ text, status }) =>
          wrap(text, width - 6).map((line, index) =>
            index === 0 ? `  ${paint.dim(PLAN_MARKS[status])} ${line}` : `    ${line}`,
          ),
        )
      case 'usage':
      case 'state':
      case 'conversation':
        return []
    }
    return []
  }

  /** Folded: its first line, and how much more there is. The log has it whole. */
  #thought(text: string): readonly string[] {
    const { paint, width } = this.#page
    const [first, ...rest] = wrap(text, width - 4)
    if (first === undefined) return []
    const more = rest.length === 0 ? '' : `… ${rest.length} more line${rest.length === 1 ? '' : 's'}`
    return [first, more].filter(Boolean).map((line) => `  ${paint.dim(`┊ ${line}`)}`)
  }

  /** Files that the title of a call does not name, as far as there is room. */
  #filesOf(call: ToolCall | undefined, room: number): string {
    const files = (call?.paths ?? []).filter((path) => call?.title.includes(path) !== true)
    if (files.length === 0 || room < 12) return ''
    return ` ${this.#page.paint.dim(oneLine(files.join(', '), room))}`
  }

  /** One line per call, printed when its result is known. */
  #toolLine(call: ToolCall | undefined, result: { ok: boolean; output: string } | null): string {
    const { paint, width } = this.#page
    const title = oneLine(call?.title ?? 'tool', width - 6)
    if (result === null) return `  ${paint.dim('·')} ${title} ${paint.dim('(no result)')}`
    if (result.ok) return `  ${paint.green('✓')} ${title}${this.#filesOf(call, width - 6 - title.length)}`
    const room = width - 7 - title.length
    const why = room > 12 ? ` ${paint.dim(oneLine(result.output, room))}` : ''
    return `  ${paint.red('✗')} ${title}${why}`
  }

  #talk(event: Talk): readonly string[] {
    switch (event.type) {
      case 'permission.decided':
        return this.#permission(event)
      case 'permission.requested':
        return this.#note('warn', `may it? ${event.title} (${event.tool}) [${event.id}]`)
      case 'question.asked':
        return this.#question(event)
      case 'order.received':
        return this.#order(event.order)
      case 'message.delivered':
        return this.#note('info', 'the agent has it')
    }
  }

  #question({ id, question, choices }: Of<'question.asked'>): readonly string[] {
    const among = choices.length === 0 ? '' : ` (${choices.join(', ')})`
    return this.#note('warn', `question: ${question}${among} [${id}]`)
  }

  #order(order: Of<'order.received'>['order']): readonly string[] {
    switch (order?.do) {
      case 'message':
        return this.#note('info', `you (${order.mode}): ${order.text}`)
      case 'answer':
        return this.#note('info', `you: ${order.text}`)
      case 'resume':
        return this.#note('info', 'goes on')
      case 'stop':
        return this.#note('info', order.mode === 'kill' ? 'killed by a person' : 'stopped by a person')
      case 'pause':
      case 'permit':
      case undefined:
        return []
    }
  }

  #permission(event: Of<'permission.decided'>): readonly string[] {
    if (event.decision === 'allow') return []
    return this.#note('warn', `denied ${event.title} (by ${event.by}): ${event.reason}`)
  }

  #turnFinished(event: Of<'turn.finished'>): readonly string[] {
    const { paint } = this.#page
    const unanswered = [...this.#openCalls.values()].map((call) => this.#toolLine(call, null))
    this.#openCalls.clear()
    const error = event.result.error
    const problem = error === null ? [] : this.#note('warn', `agent ${error.code}: ${error.message}`)
    const changes =
      event.changes.length === 0
        ? [`  ${paint.dim('no file changed')}`]
        : changeLines(this.#page, event.changes).map((line) => `  ${line}`)
    const took = paint.dim(`turn took ${formatDuration(event.durationMs)}`)
    return [...unanswered, ...problem, ...changes, `  ${took}`]
  }

  #checkFinished(event: Of<'check.finished'>): readonly string[] {
    const lines = checkLines(this.#page, event.result)
    if (event.phase !== 'baseline' || this.#baselineShown) return lines
    this.#baselineShown = true
    return ['', this.#page.paint.bold('Before the first turn'), ...lines]
  }

  #gate(event: Of<'gate.evaluated'>): readonly string[] {
    const { paint, width } = this.#page
    const verdict = event.accepted
      ? 'accepted: every required check passed on this exact tree'
      : 'not accepted'
    const colour = event.accepted ? paint.green : paint.yellow
    const head = wrap(verdict, width - 7).map((line, index) =>
      index === 0 ? `  ${colour('gate')} ${line}` : `       ${line}`,
    )
    return [...head, ...event.findings.flatMap((finding) => findingLines(this.#page, finding))]
  }

  #files(
    event: Of<'files.restored'> | Of<'file.rolled-back'> | Of<'result.applied'> | Of<'workspace.removed'>,
  ): readonly string[] {
    switch (event.type) {
      case 'files.restored': {
        const files = `${event.paths.length} files put back as they were before turn ${event.turn}`
        return this.#note('info', files)
      }
      case 'file.rolled-back': {
        const who = whoRefused(event.plugin)
        return this.#note('warn', `${event.path} rolled back by ${who}: ${event.reason}`)
      }
      case 'result.applied': {
        const folder = this.#contract?.workingDir ?? 'the folder'
        return this.#note('info', `${event.paths.length} files written into ${folder}`)
      }
      case 'workspace.removed':
        return this.#note('info', 'The private folder was removed.')
    }
  }

  #decision(event: Of<'decision.made'>): readonly string[] {
    const { paint, width } = this.#page
    return wrap(`${event.function}: ${event.reason}`, width - 4).map((line, index) =>
      index === 0 ? `  ${paint.cyan('→')} ${line}` : `    ${line}`,
    )
  }

  #reasoner(event: Of<'subtask.changed' | 'review.finished' | 'note.saved'>): readonly string[] {
    if (event.type === 'note.saved') return this.#note('info', `note: ${event.note}`)
    if (event.type === 'subtask.changed') return this.#note('info', subtaskLine(event.subtask))
    const { model, issues } = event
    if (issues.length === 0) return this.#note('info', `${model} reviewed the changes and found no problem`)
    return issues.flatMap(({ severity, file, problem }) =>
      this.#note(severity === 'blocking' ? 'warn' : 'info', `review: ${file ?? ''} ${problem}`),
    )
  }

  #note(level: 'info' | 'warn', text: string): readonly string[] {
    const { paint, width } = this.#page
    const mark = level === 'warn' ? paint.yellow('!') : paint.dim('i')
    return wrap(text, width - 4).map((line, index) => (index === 0 ? `  ${mark} ${line}` : `    ${line}`))
  }
}

function branchText(branch: string | null): string {
  return branch === null ? '' : `, branch ${branch}`
}

function subtaskLine({ id, title, status, note }: Of<'subtask.changed'>['subtask']): string {
  return `sub-task ${id} ${status}: ${title}${note === '' ? '' : ` (${note})`}`
}

function whoRefused(plugin: string): string {
  return plugin === PROTECTED_BY_TASK ? plugin : `plugin ${plugin}`
}
