/**
 * Whether a thread whose module has a teardown sets itself up; the thread and its parent, which may
 * come to end it while it loads, decide that in one shared word:
 *
 * ```
 * LOADING, then exactly one of
 *   BEGUN  written by the thread, just before its setup: the parent waits, and has it torn down
 *   ENDED  written by the parent, which ends the thread: its setup never begins
 * ```
 * Both are a compare-and-exchange of LOADING, so one of them wins: what a setup has acquired is never
 * without its teardown because the pool was closed meanwhile.
 */

const LOADING = 0
const BEGUN = 1
const ENDED = 2

export class SetupTurn {
  /** For the thread's own instance. */
  readonly word: Int32Array

  constructor(word: Int32Array = new Int32Array(new SharedArrayBuffer(4))) {
    this.word = word
  }

  /** For the thread. @returns Whether it may begin its setup. */
  begin(): boolean {
    return Atomics.compareExchange(this.word, 0, LOADING, BEGUN) === LOADING
  }

  /** For the parent. @returns Whether the setup has not begun, and never will. */
  end(): boolean {
    return Atomics.compareExchange(this.word, 0, LOADING, ENDED) !== BEGUN
  }
}
