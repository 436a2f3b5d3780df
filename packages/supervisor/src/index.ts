export type {
  ChangedFile,
  CheckPhase,
  Finding,
  TaskContract,
  TaskEvent,
  TaskState,
} from './session/task-event.ts'
