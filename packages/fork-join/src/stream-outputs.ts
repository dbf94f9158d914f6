/** For `stream`: outputs that are yielded while the rest runs, a bounded number of them waiting. */

import { StreamedOutputs } from '@threeply/task/runner'
import type { StreamSettings } from './call-options.ts'
import type { Outputs } from './outputs.ts'

/**
 * What was full has room again only when so much of what may be in flight would fit: were that for
 * each output that is taken, each input would travel alone.
 */
const WORTH_RESUMING = 1 / 8

export class StreamOutputs extends StreamedOutputs<unknown> implements Outputs {
  readonly takeFailures = false
  readonly #readAhead: number | undefined
  readonly #mostInFlight: () => number
  #opened = 0
  #isFull = false

  /** @param mostInFlight How many inputs fill the threads. */
  constructor(settings: StreamSettings, mostInFlight: () => number) {
    super(settings)
    this.#readAhead = settings.readAhead
    this.#mostInFlight = mostInFlight
  }

  open(count: number): number {
    this.#opened += count
    return this.#opened - count
  }

  fulfil(index: number, output: unknown): void {
    this.put(index, output)
  }

  reject(): void {}

  room(inFlight: number): number {
    const most = this.#mostInFlight()
    const room = most + (this.#readAhead ?? most) - inFlight - this.waiting
    if (this.#isFull && room < most * WORTH_RESUMING) return 0
    this.#isFull = room <= 0
    return Math.max(0, room)
  }

  /** After an abort the reader is to hear of it at once; after a failure it gets what there is before. */
  failing(isAborted: boolean): void {
    if (isAborted) this.clear()
  }
}
