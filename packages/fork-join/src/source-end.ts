/** The end of a call's inputs before all were read: they are told, and may take a moment to close. */
import type { InputSource } from './input-source.ts'

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

  /** @param onClosed Called when they are closed, if that is not at once. */
  close(source: InputSource, onClosed: () => void): void {
    try {
      const closed = source.stop()
      if (closed !== undefined) void this.#whileClosing(closed, onClosed)
    } catch (error) {
      this.#failure = { error }
    }
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
