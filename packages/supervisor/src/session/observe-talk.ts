import type { OpenQuestion, SessionState } from './session-state.ts'
import type { TaskEvent } from './task-event.ts'
import type { TaskOrder } from './task-order.ts'

type Of<Type extends TaskEvent['type']> = Extract<TaskEvent, { readonly type: Type }>

type Talk = Of<
  'order.received' | 'message.delivered' | 'permission.requested' | 'permission.decided' | 'question.asked'
>

/** Folds what people and the task say to each other. */
export function talked(state: SessionState, event: Talk): SessionState {
  switch (event.type) {
    case 'order.received':
      return orderReceived(state, event)
    case 'message.delivered':
      return withoutMessages(state, [event.number])
    case 'permission.requested':
      return { ...state, permissions: [...state.permissions, event] }
    case 'permission.decided':
      return permissionDecided(state, event)
    case 'question.asked':
      return { ...state, decision: null, question: { ...event, askedAt: state.lastAt } }
    default:
      return event satisfies never
  }
}

function orderReceived(state: SessionState, { number, order }: Of<'order.received'>): SessionState {
  const heard = { ...state, orders: Math.max(state.orders, number) }
  return order === null ? heard : obey(heard, number, order)
}

function obey(state: SessionState, number: number, order: TaskOrder): SessionState {
  switch (order.do) {
    case 'message':
      return {
        ...state,
        messages: [...state.messages, { number, text: order.text, mode: order.mode }],
        // With news from a person, what led nowhere before may lead somewhere now.
        nudgedTurn: null,
      }
    case 'pause':
      return { ...state, paused: true }
    case 'resume':
      return { ...state, paused: false }
    case 'stop':
      return { ...state, stop: order.mode }
    case 'answer':
      return order.question === state.question?.id ? answered(state, state.question, order.text) : state
    case 'permit':
      return state
    default:
      return order satisfies never
  }
}

function answered(state: SessionState, { question }: OpenQuestion, answer: string): SessionState {
  const result = `The person was asked: ${question} The answer: ${answer}`
  return {
    ...state,
    question: null,
    functions: [...state.functions, { name: 'ask_human', ok: true, result }],
    notes: [...state.notes, result],
  }
}

// An answer that stands is kept.
function permissionDecided(state: SessionState, event: Of<'permission.decided'>): SessionState {
  const { id = null, standing = null } = event
  return {
    ...state,
    permissions: id === null ? state.permissions : state.permissions.filter((open) => open.id !== id),
    standing: standing === null ? state.standing : [...state.standing, standing],
  }
}

/** The state without what those orders brought. */
export function withoutMessages(state: SessionState, numbers: readonly number[]): SessionState {
  return { ...state, messages: state.messages.filter(({ number }) => !numbers.includes(number)) }
}
