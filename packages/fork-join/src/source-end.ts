/** The end of a call's inputs before all were read: they are told, and may take a moment to close. */
import type { InputSource, Patience } from './input-source.ts'

export class SourceEnd {
  #isClosing = false
  #failure: { readonly error: unknown } | undefined

  get isClosing(): boolean {
    return this.#isClosing
  }

  /** What closing them threw; where something else has ended the call, that goes first, as in a `for` loop. */
  get failure(): { readonly error: unknown } | undefined {
    return this.#failure
  }

  /**
   * @param patience How long to wait until they are closed.
   * @param onClosed Called when that is over, if it is not at once.
   */
  close(source: InputSource, patience: Patience, onClosed: () => void): void {
    try {
      const closed = source.stop(patience)
      if (closed === undefined) return
      void this.#whileClosing(closed, onClosed)
    } catch (error) {
      this.#failure = { error }
    }
  }

  /** Waits no more for those that are closing. */
  abandon(): void {
    this.#isClosing = false
  }

  async #whileClosing(closed: Promise<void>, onClosed: () => void): Promise<void> {
    this.#isClosing = true
    try {
      await closed
    } catch (error) {
      this.#failure = { error }
    }
    this.#isClosing = false
    onClosed()
  }
}
