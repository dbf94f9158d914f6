/** The children of one task, on the thread that runs the task. */

import type { ItemState } from '../item-states.ts'
import type { ForkPromise } from './fork-promise.ts'
import type { ThreadForkContext } from './thread-fork-context.ts'

/** A child that has not ended. */
export interface OpenFork {
  readonly promise: ForkPromise
  /** Whether the parent has it, or will have. */
  readonly isSent: boolean
  /** Has it end; it is joined when it has. */
  cancel(reason: unknown): void
}

/** How a task has ended. */
export type Ending = { readonly output: unknown } | { readonly error: unknown }

/** Who is told whether the task needs its thread. */
export interface ThreadSharer {
  /** It does again: no child is left that it could wait for. */
  onBusy(): void
  /** It waits for children, or has left. */
  onFree(): void
}

/** A task that runs. */
export interface StartedTask {
  readonly name: string
  readonly context: ThreadForkContext
  readonly state: ItemState
  readonly submittedAt: number
  readonly startedAt: number
}

export class ForkingTask implements StartedTask {
  readonly name: string
  readonly item: number
  readonly state: ItemState
  readonly context: ThreadForkContext
  hasEnded = false

  readonly startedAt: number
  readonly submittedAt: number

  readonly #sharer: ThreadSharer
  readonly #children = new Set<OpenFork>()
  /** Promises of children that failed before anybody had looked at them, in that order. */
  readonly #unobserved: { readonly promise: ForkPromise; readonly error: unknown }[] = []
  #isBusy = false
  #hasReturned = false
  #failure: { readonly error: unknown } | undefined
  #onJoined: (() => void) | undefined

  constructor(task: StartedTask, sharer: ThreadSharer) {
    this.name = task.name
    this.item = task.context.item
    this.state = task.state
    this.context = task.context
    this.submittedAt = task.submittedAt
    this.startedAt = task.startedAt
    this.#sharer = sharer
  }

  add(child: OpenFork): void {
    this.#children.add(child)
    this.state.fork() // T4
    this.#setBusy(false)
    if (this.#failure !== undefined) child.cancel(this.#failure.error)
  }

  /** The child has ended. @param failure What its promise is about to reject with, if it does. */
  joined(child: OpenFork, failure: { readonly error: unknown } | undefined): void {
    this.#children.delete(child)
    if (failure !== undefined && !child.promise.isObserved) {
      child.promise.hush()
      this.#unobserved.push({ promise: child.promise, error: failure.error })
      if (this.#hasReturned) this.#fail(failure.error)
    }
    if (this.#children.size > 0) return
    this.state.resume()
    this.#setBusy(true)
    this.#onJoined?.()
  }

  /** It is cancelled, and so are its children: those that the parent has, by that. */
  cancel(reason: unknown): void {
    this.context.cancel(reason)
    for (const child of this.#children) if (!child.isSent) child.cancel(reason)
  }

  /** The function has ended; waits until all children have, and decides what becomes of the task. */
  async end(ending: Ending): Promise<Ending> {
    this.#hasReturned = true
    const unobserved = this.#unobserved.find(({ promise }) => !promise.isObserved)
    if ('error' in ending) this.#fail(ending.error)
    else if (unobserved !== undefined) this.#fail(unobserved.error)
    while (this.#children.size > 0) {
      await new Promise<void>((resolve) => {
        this.#onJoined = resolve
      })
    }
    this.hasEnded = true
    return this.#failure ?? ending
  }

  /** It is answered. */
  leave(): void {
    this.#setBusy(false)
  }

  #fail(error: unknown): void {
    this.#failure ??= { error }
    for (const child of this.#children) child.cancel(error)
  }

  #setBusy(isBusy: boolean): void {
    if (isBusy === this.#isBusy) return
    this.#isBusy = isBusy
    if (isBusy) this.#sharer.onBusy()
    else this.#sharer.onFree()
  }
}
