export { inlineTask } from './inline-task.ts'
export { Latch, turns, until } from './latch.ts'
export { failure, rejection, watch } from './rejection.ts'
export { runnerContract } from './runner-contract.ts'
export type {
  CallOptions,
  Capabilities,
  ContractRunner,
  Inputs,
  MakeRunner,
  RunnerOptions,
  StreamOptions,
} from './subject.ts'
