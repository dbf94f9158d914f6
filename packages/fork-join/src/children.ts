/** The children of the tasks of one thread, as the parent sees them: whose they are, and what they gave. */
import { encodeError, type FailedTask } from '@threeply/task'
import { isError, serializationError } from '@threeply/task/runner'
import type { LimitedCall } from './call-limits.ts'
import {
  type CancelReason,
  CHILD_PROGRESS,
  type ChildFailure,
  decodeReason,
  type ForkRequest,
  JOIN,
  type JoinedChild,
  type ToThread,
} from './messages.ts'
import type { NestedForks } from './nested-forks.ts'
import type { Cancellation, Submission, Task } from './submission.ts'

/** A call that a task has forked, until it has settled. */
export class Child {
  readonly fork: number
  readonly task: Task
  readonly name: string
  hasSettled = false
  #call: LimitedCall | undefined
  /** That of its task, when it was cancelled for it. */
  #inherited: Cancellation | undefined

  constructor(fork: number, task: Task, name: string) {
    this.fork = fork
    this.task = task
    this.name = name
  }

  set call(call: LimitedCall) {
    this.#call = call
  }

  cancel(cancellation: Cancellation, isInherited: boolean): void {
    if (this.hasSettled) return
    if (isInherited) this.#inherited ??= cancellation
    this.#call?.cancel({ reason: cancellation.reason, outcome: 'cancelled' })
  }

  /** How to tell the task about `error`. */
  encode(error: unknown): ChildFailure {
    if (this.#inherited !== undefined && error === this.#inherited.reason) return ['inherited']
    if (!isError(error)) return ['value', error]
    return ['error', encodeError(error), (error as { task?: FailedTask }).task]
  }
}

/** The thread that their tasks run on. */
export interface ParentThread {
  /** Throws what `postMessage` throws. */
  post(message: ToThread): void
  /** `undefined` when nobody wants to know of the task any more, as its thread is being ended. */
  taskOf(item: number): Task | undefined
  /** Why the task was cancelled, if it was. */
  cancellationOf(task: Task): Cancellation | undefined
  /** The last child of the task has ended. */
  childless(task: Task): void
}

export class Children {
  readonly #forks: NestedForks
  readonly #thread: ParentThread
  readonly #byFork = new Map<number, Child>()
  readonly #byTask = new Map<Task, Set<Child>>()
  #joined: (readonly [child: Child, joined: JoinedChild])[] = []
  #willFlush = false

  constructor(forks: NestedForks, thread: ParentThread) {
    this.#forks = forks
    this.#thread = thread
  }

  /** Tasks have forked. @returns What is to be submitted. */
  fork(requests: readonly ForkRequest[]): readonly Submission[] {
    const calls: Submission[] = []
    for (const request of requests) {
      const [fork, item] = request
      const task = this.#thread.taskOf(item)
      if (task === undefined) continue
      const onProgress = (value: unknown) => this.#thread.post([CHILD_PROGRESS, fork, value])
      const call = this.#forks.make(task, request, this, onProgress)
      const cancellation = this.#thread.cancellationOf(task)
      if (cancellation === undefined) calls.push(call)
      else this.#forks.cancel([this.#byFork.get(fork)!], cancellation, true)
    }
    return calls
  }

  /** A task has cancelled children of its own. */
  cancelForks(forks: readonly number[], reason: CancelReason): void {
    const children = forks.flatMap((fork) => this.#byFork.get(fork) ?? [])
    this.#forks.cancel(children, { reason: decodeReason(reason), outcome: 'cancelled' }, false)
  }

  /** The task is cancelled, so its children are. */
  cancelOf(task: Task, cancellation: Cancellation): void {
    this.#forks.cancel(this.#of(task), cancellation, true)
  }

  /** The thread is gone, and with it all who wait. */
  abandon(): void {
    const reason = new DOMException('The task that has forked this is gone', 'AbortError')
    const orphans = [...this.#byFork.values()]
    this.#forks.cancel(orphans, { reason, outcome: 'cancelled' }, false)
  }

  add(child: Child): void {
    this.#byFork.set(child.fork, child)
    const siblings = this.#byTask.get(child.task)
    if (siblings === undefined) this.#byTask.set(child.task, new Set([child]))
    else siblings.add(child)
  }

  /** Whether the task waits for children. */
  has(task: Task): boolean {
    return this.#byTask.has(task)
  }

  fulfilled(child: Child, output: unknown): void {
    this.#join(child, [child.fork, output])
  }

  rejected(child: Child, error: unknown): void {
    this.#join(child, [child.fork, undefined, child.encode(error)])
  }

  /** Tells the thread which have ended. */
  flush(): void {
    if (this.#joined.length === 0) return
    const joined = this.#joined
    this.#joined = []
    try {
      this.#thread.post([JOIN, joined.map(([, joinedChild]) => joinedChild)])
    } catch {
      for (const [child, [fork, output, failure]] of joined) {
        this.#postOne(child, fork, output, failure)
      }
    }
  }

  #of(task: Task): readonly Child[] {
    return [...(this.#byTask.get(task) ?? [])]
  }

  #join(child: Child, joined: JoinedChild): void {
    child.hasSettled = true
    this.#byFork.delete(child.fork)
    const siblings = this.#byTask.get(child.task)
    siblings?.delete(child)
    if (siblings?.size === 0) {
      this.#byTask.delete(child.task)
      this.#thread.childless(child.task)
    }
    this.#joined.push([child, joined])
    if (this.#willFlush) return
    this.#willFlush = true
    // Those that one message has brought go on in one message.
    queueMicrotask(() => {
      this.#willFlush = false
      this.flush()
    })
  }

  /** Something among it, a port or a reason that is a function, cannot go on to the thread. */
  #postOne(child: Child, fork: number, output: unknown, failure: ChildFailure | undefined): void {
    const joined: JoinedChild = failure === undefined ? [fork, output] : [fork, output, failure]
    try {
      this.#thread.post([JOIN, [joined]])
    } catch (cause) {
      const error = serializationError(child.name, 'output', output ?? failure, cause)
      this.#thread.post([JOIN, [[fork, undefined, ['error', encodeError(error), undefined]]]])
    }
  }
}
