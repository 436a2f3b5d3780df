import { PluginError } from '@agentproxy/plugin'
import type { TaskSchedule, TaskWork } from '@agentproxy/plugin'
import type { Generation } from '../lifecycle/generation.ts'
import type { HostServices } from '../lifecycle/host-services.ts'
import { ScheduledTask } from './scheduled-task.ts'

interface PluginTask {
  readonly name: string
  readonly schedule: TaskSchedule
  readonly work: TaskWork
}

/** Makes a task of one generation: its failures are reported, and a run under way counts as its activity. */
export function createPluginTask(owner: Generation, host: HostServices, task: PluginTask): ScheduledTask {
  const { plugin, generation } = owner
  if (owner.tasks().some(({ status }) => status.name === task.name))
    throw new PluginError('PLUGIN_INVALID', `plugin ${plugin} has a task ${task.name} already; rename one`, {
      plugin,
    })
  return new ScheduledTask({
    ...task,
    plugin,
    generation,
    failed: (error) => host.report({ plugin, generation, error }),
    ran: (durationMs, success) => host.book.of(plugin, 'tasks', task.name).record(durationMs, success),
    busy: (running) => (running ? owner.activity.enter() : owner.activity.leave()),
  })
}
