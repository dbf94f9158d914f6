/** Reads the inputs of a call, as many as there is room for, and knows that it is reading. */
import type { AliasGuard } from './alias-guard.ts'
import type { InputSource } from './input-source.ts'
import type { MapRoom } from './map-room.ts'

/** Whose inputs they are. Reading them is code of the user's, which may end the call. */
export interface ReadingCall {
  hasFailed(): boolean
  /** So many were read, and are on their way. */
  took(count: number): void
  /** Reading has thrown. */
  fail(error: unknown): void
}

export class MapReader {
  readonly #source: InputSource
  readonly #room: MapRoom
  readonly #call: ReadingCall
  #isReading = false

  constructor(source: InputSource, room: MapRoom, call: ReadingCall) {
    this.#source = source
    this.#room = room
    this.#call = call
  }

  get isReading(): boolean {
    return this.#isReading
  }

  /** The input that was read last. */
  get value(): unknown {
    return this.#source.value
  }

  /** Whether there may be one more, and room for it. */
  get mayHaveMore(): boolean {
    return this.#source.remaining > 0 && this.#room.look()
  }

  /** Has the call fail if its source has, though nobody asks for more. */
  notice(): void {
    if (this.#source.hasFailed) this.#read(() => this.#source.next())
  }

  /** Goes to the next input, if there is one now that may be pulled. */
  next(): boolean {
    if (!this.#room.look()) return false
    const hasNext = this.#read(() => this.#source.next())
    if (this.#call.hasFailed()) return false
    if (hasNext) this.#room.take(1)
    else this.#room.review()
    return hasNext
  }

  /**
   * Adds up to `most` inputs that may be pulled now to `inputs`, which is empty.
   * @returns Whether there is one more, `value`, which cannot travel with these.
   */
  fill(inputs: unknown[], most: number, guard: AliasGuard): boolean {
    while (inputs.length < most && this.#room.look()) {
      const before = inputs.length
      const until = Math.min(most, before + this.#room.left)
      const isApart = this.#read(() => this.#source.fill(inputs, until, guard))
      const count = inputs.length - before
      this.#call.took(count)
      if (this.#call.hasFailed()) return false
      this.#room.take(isApart ? count + 1 : count)
      if (isApart) return true
      if (inputs.length === until) continue
      this.#room.review()
      return false
    }
    return false
  }

  #read(read: () => boolean): boolean {
    this.#isReading = true
    try {
      return this.#source.inContext(read)
    } catch (error) {
      this.#call.fail(error)
      return false
    } finally {
      this.#isReading = false
    }
  }
}
