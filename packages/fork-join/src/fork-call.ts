/** A fork from inside a task, as the parent has it run: a call of `run` that another thread waits for. */
import type { Child, Children } from './children.ts'
import { RunCall, type RunKind } from './run-call.ts'

export class ForkCall extends RunCall {
  readonly #children: Children
  readonly #child: Child

  constructor(kind: RunKind, input: unknown, children: Children, child: Child) {
    super(kind, input, (output) => children.fulfilled(child, output))
    this.#children = children
    this.#child = child
  }

  protected override tell(error: unknown): void {
    this.#children.rejected(this.#child, error)
  }
}
