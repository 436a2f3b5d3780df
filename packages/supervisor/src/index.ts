export { checksJsonSchema } from './gate/check-schema.ts'
export { describeCheck } from './gate/describe-check.ts'
export { detectChecks } from './gate/detect-checks.ts'
export type { DetectedChecks } from './gate/detect-checks.ts'
export { commandCheck, parseChecks } from './gate/parse-checks.ts'
export { tryCheck } from './gate/try-check.ts'
export type { TryCheckOptions } from './gate/try-check.ts'
export { createSupervisor } from './loop/create-supervisor.ts'
export type { Supervisor } from './loop/create-supervisor.ts'
export type { HeldTask } from './loop/held-task.ts'
export type { RunOptions, SupervisorOptions } from './loop/supervisor-options.ts'
export { reasonerNames } from './loop/reasoner.ts'
export type { AskPerson, ModelAccess } from './loop/task-run.ts'
export { endMarked } from './process/reap.ts'
export { defaultLimits } from './session/limits.ts'
export type { LoopLimits } from './session/limits.ts'
export type { LoggedEvent } from './session/observe.ts'
export { ruleProblem } from './session/permission-rules.ts'
export type { ApprovalMode, PermissionRules } from './session/permission-rules.ts'
export { canContinue } from './session/session-state.ts'
export type { OpenPermission, OpenQuestion, PendingMessage, SessionState } from './session/session-state.ts'
export { PROTECTED_BY_TASK } from './session/task-event.ts'
export type {
  ChangedFile,
  CheckPhase,
  Finding,
  ReviewIssue,
  TaskContract,
  TaskEvent,
  TaskState,
} from './session/task-event.ts'
export { taskOrderSchema } from './session/task-order.ts'
export type { TaskOrder } from './session/task-order.ts'
export { exitCodeFor } from './session/task-report.ts'
export type { TaskReport } from './session/task-report.ts'
export { IN_PLACE } from './workspace/workspace-order.ts'
export type { WorkspaceMode, WorkspaceOrder } from './workspace/workspace-order.ts'
export { SupervisorError } from './supervisor-error.ts'
export type { SupervisorErrorCode } from './supervisor-error.ts'
