/** One input of a call that has many. */
import type { Transferable } from './call-options.ts'
import type { MapCall } from './map-call.ts'
import type { Outcome, Task, TaskThread } from './submission.ts'

export class MapTask implements Task {
  readonly call: MapCall
  readonly index: number
  readonly input: unknown
  readonly transfer: readonly Transferable[]
  thread: TaskThread | undefined = undefined
  item = 0
  sendings = 0
  deaths = 0

  constructor(call: MapCall, index: number, input: unknown, transfer: readonly Transferable[]) {
    this.call = call
    this.index = index
    this.input = input
    this.transfer = transfer
  }

  get name(): string {
    return this.call.name
  }

  get invocations(): number {
    return this.call.settings.folds ? (this.input as readonly unknown[]).length - 1 : 1
  }

  fulfil(output: unknown): void {
    this.call.fulfil(this.index, output)
  }

  reject(error: unknown, outcome: Outcome, hasStarted: boolean): void {
    this.call.reject(this.index, error, outcome, hasStarted)
  }
}
