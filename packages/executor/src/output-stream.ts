/** The outputs of a `stream` call, of which a bounded number waits to be taken. */
import type { StreamOrder } from '@threeply/task'
import { StreamedOutputs } from '@threeply/task/runner'
import type { Promised } from './awaiting-lane.ts'
import type { Outputs } from './outputs.ts'

export class BoundedOutputs<Output> extends StreamedOutputs<Output> implements Outputs, Promised {
  readonly #room: () => number

  /** @param room How many inputs may be in flight and outputs be waiting, together. */
  constructor(
    options: { readonly order: StreamOrder; readonly indexed: boolean },
    room: () => number,
  ) {
    super(options)
    this.#room = room
  }

  hasRoom(inFlight: number): boolean {
    return inFlight + this.waiting < this.#room()
  }

  fulfilled(index: number, output: unknown): void {
    this.put(index, output as Output)
  }

  rejected(): boolean {
    return false
  }

  finished(): void {
    this.finish()
  }

  /** What can still be yielded is, and then comes the error; after an abort it comes at once. */
  failed(error: unknown, wasAborted: boolean): void {
    if (wasAborted) this.clear()
    this.fail(error)
  }
}
