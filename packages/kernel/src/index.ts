export type {
  Contributed,
  GuardVerdict,
  HookRunner,
  HookSlots,
  PluginHost,
  Snapshot,
  TransformVerdict,
} from './snapshot/snapshot.ts'
