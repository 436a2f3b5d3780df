/** Something the reasoner wants to see finished before the task is done. */
export interface Subtask {
  /** Unique within the task. */
  readonly id: string
  readonly title: string
  readonly note: string
  readonly status: 'open' | 'in_progress' | 'blocked' | 'completed' | 'cancelled'
}

export function isOpen({ status }: Subtask): boolean {
  return status !== 'completed' && status !== 'cancelled'
}

/** The list with this one in the place of its earlier self. */
export function withSubtask(all: readonly Subtask[], subtask: Subtask): readonly Subtask[] {
  const known = all.some(({ id }) => id === subtask.id)
  return known ? all.map((one) => (one.id === subtask.id ? subtask : one)) : [...all, subtask]
}
