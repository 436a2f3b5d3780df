import type { PluginError, ToolCallOptions } from '@agentproxy/plugin'
import type { EventBus } from '../events/event-bus.ts'
import type { Registry } from '../lifecycle/registry.ts'
import type { MetricsBook } from '../metrics/metrics-book.ts'
import type { Snapshot } from '../snapshot/snapshot.ts'
import { executeTool } from './execute-tool.ts'

export interface BatchToolCall {
  readonly tool: string
  readonly parameters?: unknown
  readonly options?: ToolCallOptions
}

export type ToolOutcome =
  | { readonly tool: string; readonly ok: true; readonly value: unknown }
  | { readonly tool: string; readonly ok: false; readonly error: PluginError }

export interface ToolRunnerOptions {
  readonly registry: Registry
  readonly bus: EventBus
  readonly book: MetricsBook
  readonly live: () => Snapshot
}

/** Runs tools of the live plugins, counts the calls, and tells of each on the plugins' bus. */
export class ToolRunner {
  readonly #options: ToolRunnerOptions

  constructor(options: ToolRunnerOptions) {
    this.#options = options
  }

  run({ tool, parameters = {}, options = {} }: BatchToolCall): Promise<unknown> {
    const { registry, live } = this.#options
    return executeTool({
      tool,
      parameters,
      options,
      snapshot: live(),
      ownerOf: (plugin) => registry.generations.get(plugin) ?? null,
      executed: (plugin, durationMs, success) => this.#executed(tool, plugin, { durationMs, success }),
    })
  }

  runAll(calls: readonly BatchToolCall[]): Promise<readonly ToolOutcome[]> {
    return Promise.all(
      calls.map((call) =>
        this.run(call).then(
          (value): ToolOutcome => ({ tool: call.tool, ok: true, value }),
          (error: PluginError): ToolOutcome => ({ tool: call.tool, ok: false, error }),
        ),
      ),
    )
  }

  #executed(
    tool: string,
    plugin: string,
    { durationMs, success }: { readonly durationMs: number; readonly success: boolean },
  ): void {
    const { registry, bus, book } = this.#options
    book.of(plugin, 'tools', tool).record(durationMs, success)
    const counters = registry.records.get(plugin)?.counters
    if (counters !== undefined) {
      counters.toolCalls += 1
      if (!success) counters.toolErrors += 1
    }
    bus.emit('tool.executed', { tool, plugin, duration: durationMs, success, timestamp: Date.now() })
  }
}
