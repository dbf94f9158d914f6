/**
 * How far a thread has come in opening, in two words that it shares with its parent, which may come to
 * end it meanwhile.
 *
 * ```
 * turn:    LOADING, then at most one of
 *          BEGUN  written by the thread, just before a setup that has a teardown, for which the parent waits
 *          ENDED  written by the parent, which ends the thread: such a setup never begins
 * entered: 0, then 1, written by the thread as soon as code of ours runs there
 * ```
 * BEGUN and ENDED are a compare-and-exchange of LOADING, so one of them wins: what a setup has acquired
 * is never without its teardown because the pool was closed meanwhile. Where there is no teardown, the
 * thread writes nothing, and is ended in the middle of its setup.
 */

const TURN = 0
const ENTERED = 1

const LOADING = 0
const BEGUN = 1
const ENDED = 2

export class OpeningState {
  /** For the thread's own instance. */
  readonly words: Int32Array

  constructor(words: Int32Array = new Int32Array(new SharedArrayBuffer(8))) {
    this.words = words
  }

  /** For the thread: code of ours runs. */
  enter(): void {
    Atomics.store(this.words, ENTERED, 1)
  }

  /** For the parent: whether code of ours has run there. */
  get hasEntered(): boolean {
    return Atomics.load(this.words, ENTERED) === 1
  }

  /** For the thread. @returns Whether it may begin its setup. */
  beginSetup(): boolean {
    return Atomics.compareExchange(this.words, TURN, LOADING, BEGUN) === LOADING
  }

  /** For the parent. @returns Whether it may end the thread now; else a teardown is to follow. */
  endBeforeSetup(): boolean {
    return Atomics.compareExchange(this.words, TURN, LOADING, ENDED) !== BEGUN
  }
}
