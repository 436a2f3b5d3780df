import { InvalidArgumentError, Option } from 'commander'
import type { Command } from 'commander'
import { WORKSPACE_MODES } from '../app/workspace-modes.ts'
import type { WorkspaceMode } from '../app/workspace-modes.ts'
import type { ApprovalMode } from '@agentproxy/supervisor'
import { APPROVAL_MODES } from '../config/approval-modes.ts'
import { DISPLAY_MODES } from '../display/display.ts'
import type { DisplayMode } from '../display/display.ts'
import { MOST_WORKERS } from '../workers/worker-count.ts'
import { parseDuration } from './duration.ts'

export interface DisplayFlags {
  readonly display?: DisplayMode
  readonly json?: boolean
}

/** What belongs to watching a task while it runs. */
export interface WatchFlags extends DisplayFlags {
  readonly bell?: boolean
}

export interface RunFlags extends WatchFlags {
  readonly workingDir?: string
  readonly agent?: string
  readonly model?: string
  readonly reasoner?: string
  readonly reasonerModel?: string
  readonly check: readonly string[]
  readonly checks?: string
  readonly maxTurns: number
  /** Milliseconds. */
  readonly maxTime: number
  /** Milliseconds. */
  readonly idleTime: number
  /** US dollars. */
  readonly maxCost?: number
  readonly maxTokens?: number
  readonly allowNoChange?: boolean
  readonly allowTestChanges?: boolean
  /** false: no check runs. */
  readonly verify: boolean
  /** false: no model judges or reviews. */
  readonly qa: boolean
  readonly protect: readonly string[]
  readonly approve?: ApprovalMode
  /** false: a rate limit ends the task. */
  readonly wait?: boolean
  readonly screenshot: readonly string[]
  readonly workspace?: WorkspaceMode
  readonly uncommitted?: boolean
  readonly apply?: boolean
  readonly session?: string
}

export interface ServeFlags {
  readonly watch?: boolean
  /** Folder that upstream calls are written to. */
  readonly record?: string
  /** Folder that upstream calls are answered from. */
  readonly replay?: string
  readonly host?: string
  readonly port?: number
  readonly workers?: number | 'auto'
  /** This process is a worker, and has this number. */
  readonly worker?: number
  readonly json?: boolean
}

/** For a command that prints one way for people and one for programs. */
export function jsonOption(): Option {
  return new Option('--json', 'as JSON')
}

/** How a task is shown; the same for run, resume and show. */
export function addDisplayOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--display <mode>', 'default: rich on a terminal, simple otherwise').choices(DISPLAY_MODES),
    )
    .option('--json', 'short for --display json')
}

/** The same for a task that is watched while it runs. */
export function addWatchOptions(command: Command): Command {
  return addDisplayOptions(command).option(
    '--bell',
    'ring the terminal when you are asked something and when the task is over',
  )
}

/** What belongs to a new task. */
export function addRunOptions(command: Command): Command {
  return addLimits(addWork(command))
}

function addWork(command: Command): Command {
  return command
    .option('-d, --working-dir <folder>', 'where to work (default: the current folder)')
    .option(
      '-s, --session <id>',
      'continue this session; with a new task, the name of its session',
      sessionId,
    )
    .option('--agent <name>', 'which agent works (default: builtin)')
    .option('--model <provider/model>', 'which model it uses; see agentproxy models')
    .option(
      '--reasoner <name>',
      'who decides what comes next: rules, llm, or one of a plugin (default: rules)',
    )
    .option('--reasoner-model <provider/model>', 'model of the llm reasoner (default: the same model)')
    .addOption(
      new Option('--check <command>', 'a command that proves the result; repeatable')
        .argParser(collect)
        .default([], 'detected'),
    )
    .option('--checks <file>', 'a YAML file of checks')
    .option('--max-turns <n>', 'give up after so many turns', positive, 10)
    .addOption(durationOption('--max-time <duration>', 'give up after this time, as in 90s, 30m, 2h', '30m'))
    .addOption(
      durationOption('--idle-time <duration>', 'end a turn when the agent is silent this long', '10m'),
    )
    .option('--max-cost <usd>', 'give up once the model calls cost so many US dollars', dollars)
    .option('--max-tokens <n>', 'give up once the model calls used so many tokens, in and out', tokenCount)
}

/** What it may do, and where. */
function addLimits(command: Command): Command {
  return command
    .addOption(
      new Option('--protect <glob>', 'files the task may not change, as .env or db/migrations; repeatable')
        .argParser(collect)
        .default([], 'none'),
    )
    .addOption(
      new Option('--screenshot <file>', 'a picture that belongs to the task; repeatable')
        .argParser(collect)
        .default([], 'none'),
    )
    .addOption(
      new Option('--workspace <where>', 'where the work is done (default: in-place)').choices(
        WORKSPACE_MODES,
      ),
    )
    .option('--uncommitted', 'a worktree or clone begins with your uncommitted changes, too')
    .option('--apply', 'bring a verified result back from a worktree or clone at once')
    .addOption(
      new Option(
        '--approve <mode>',
        'who decides what no rule does: auto allows (default), deny, or ask',
      ).choices(APPROVAL_MODES),
    )
    .option('--no-wait', 'end the task at a rate limit instead of waiting until it resets')
    .option('--allow-no-change', 'accept a result that changes no file')
    .option('--no-verify', 'run no check; the result never counts as verified (exit code 20)')
    .option('--no-qa', 'leave out judges and reviews by a model')
    .option('--allow-test-changes', 'accept deleted, skipped or fewer tests; they are told')
}

function durationOption(flags: string, description: string, preset: string): Option {
  return new Option(flags, description).argParser(duration).default(duration(preset), preset)
}

/** One more value of a repeatable option. */
export function collect(value: string, before: readonly string[]): readonly string[] {
  if (value.trim() === '') throw new InvalidArgumentError('It is empty.')
  return [...before, value]
}

/** A whole number from 1 to 10000. */
export function positive(text: string): number {
  const value = Number(text)
  if (/^\d+$/.test(text) && value >= 1 && value <= 10_000) return value
  throw new InvalidArgumentError('Expected a whole number from 1 to 10000.')
}

/** An amount of US dollars above 0, as `2` or `0.50`. */
export function dollars(text: string): number {
  const value = Number(text)
  if (/^\d{1,7}(?:\.\d{1,6})?$/.test(text) && value > 0) return value
  throw new InvalidArgumentError('Expected US dollars above 0, as in 2 or 0.50.')
}

/** A whole number of tokens above 0. */
export function tokenCount(text: string): number {
  const value = Number(text)
  if (/^\d{1,12}$/.test(text) && value > 0) return value
  throw new InvalidArgumentError('Expected a whole number of tokens above 0.')
}

/** A TCP port; 0 = any free one. */
export function portNumber(text: string): number {
  const value = Number(text)
  if (/^\d+$/.test(text) && value <= 65_535) return value
  throw new InvalidArgumentError('Expected a port from 0 to 65535.')
}

/** How many processes serve. */
export function workerCount(text: string): number | 'auto' {
  const value = Number(text)
  if (text === 'auto') return text
  if (/^\d+$/.test(text) && value >= 1 && value <= MOST_WORKERS) return value
  throw new InvalidArgumentError(`Expected auto, or a whole number from 1 to ${MOST_WORKERS}.`)
}

/** Milliseconds, from a number with its unit, as 90s. */
export function duration(text: string): number {
  const valueMs = parseDuration(text)
  if (valueMs !== null) return valueMs
  throw new InvalidArgumentError('Expected a duration with its unit, as in 90s, 30m or 2h.')
}

/** It becomes the name of a folder. */
function sessionId(text: string): string {
  if (/^[A-Za-z0-9][\w.-]{0,63}$/.test(text)) return text
  throw new InvalidArgumentError('Expected letters, digits, dots, dashes and underscores, at most 64.')
}
