/** The forks of a thread's tasks: on their way to the parent, and until their children are joined. */
import { ClosedError } from '@threeply/task'
import { invalidOption, serializationError } from '@threeply/task/runner'
import { readAll } from '../input-source.ts'
import {
  CANCEL_FORKS,
  encodeReason,
  FORK,
  type ForkRequest,
  type JoinedChild,
} from '../messages.ts'
import type { Post } from './answers.ts'
import { Fork } from './fork.ts'
import { refusedFork } from './fork-promise.ts'
import type { ForkingTask } from './forking-task.ts'
import type { ForkHost, ForkMethod, ThreadForkContext } from './thread-fork-context.ts'

/** The thread that the tasks run on. */
export interface ForkingThread {
  /** The children of the context's task; `undefined` when the task has ended. */
  taskOf(context: ThreadForkContext): ForkingTask | undefined
  /** Something is to be posted, before the thread waits for anything. */
  onRequest(): void
}

export class ThreadForks implements ForkHost {
  readonly #post: Post
  readonly #thread: ForkingThread
  readonly #open = new Map<number, Fork>()
  #next = 0
  #requests: ForkRequest[] = []
  /** Children that are to end, each group for one reason. */
  #cancelled: { readonly reason: unknown; readonly forks: number[] }[] = []

  constructor(post: Post, thread: ForkingThread) {
    this.#post = post
    this.#thread = thread
  }

  get isEmpty(): boolean {
    return this.#requests.length === 0 && this.#cancelled.length === 0
  }

  fork(
    context: ThreadForkContext,
    method: ForkMethod,
    name: unknown,
    input: unknown,
    options: unknown,
  ): Promise<unknown> {
    const task = this.#thread.taskOf(context)
    if (task === undefined || task.hasEnded) return refusedFork(afterEnd(name))
    this.#next += 1
    const fork = new Fork(this.#next, task, method, {
      onCancel: (reason) => this.#cancel(fork, reason),
      onEnd: () => this.#open.delete(fork.id),
    })
    this.#open.set(fork.id, fork)
    task.add(fork)
    if (fork.hasEnded) return fork.promise
    try {
      if (typeof name !== 'string') throw invalidOption(method, 'name', name, 'the name of a task')
      fork.setOptions(options)
      if (method === 'fork') this.#request(fork, name, input)
      else this.#requestMap(fork, name, input)
    } catch (error) {
      fork.fail(error)
    }
    return fork.promise
  }

  /** Posts what has been asked for. */
  flush(): void {
    if (this.#requests.length > 0) this.#flushRequests()
    if (this.#cancelled.length > 0) this.#flushCancelled()
  }

  #flushCancelled(): void {
    for (const { forks, reason } of this.#cancelled.splice(0)) {
      try {
        this.#post([CANCEL_FORKS, forks, encodeReason(reason)], [])
      } catch {
        // The reason cannot travel; the child gets another, and who awaits the fork gets this one.
        const standIn = new DOMException('This task was cancelled', 'AbortError')
        this.#post([CANCEL_FORKS, forks, encodeReason(standIn)], [])
      }
    }
  }

  /** Children have ended. */
  join(children: readonly JoinedChild[]): void {
    for (const [id, output, failure] of children) this.#open.get(id)?.join(output, failure)
  }

  /** A child tells how far it is. */
  progress(id: number, value: unknown): void {
    const onProgress = this.#open.get(id)?.onProgress
    // What the callback throws is the user's, and must not end up in ours.
    if (onProgress !== undefined) queueMicrotask(() => onProgress(value))
  }

  #requestMap(fork: Fork, name: string, inputs: unknown): void {
    const all = readAll('map', inputs, () => !fork.hasEnded)
    if (Array.isArray(all)) this.#request(fork, name, all)
    else void this.#requestWhenRead(fork, name, all)
  }

  async #requestWhenRead(fork: Fork, name: string, reading: Promise<unknown[]>): Promise<void> {
    const stopClock = fork.startClock(name)
    try {
      const inputs = await reading
      stopClock()
      this.#request(fork, name, inputs)
    } catch (error) {
      stopClock()
      fork.fail(error)
    }
  }

  #request(fork: Fork, name: string, input: unknown): void {
    if (fork.hasEnded) return
    fork.task.context.throwIfCancelled()
    const { id, task, options } = fork
    const request: ForkRequest = [id, task.item, name, input, fork.method === 'map', options]
    fork.isSent = true
    // What is moved travels alone, so that a refused message leaves everything where it is.
    if (options !== undefined && options.transfer.length > 0) {
      this.flush()
      this.#postOne(request)
    } else {
      this.#requests.push(request)
      this.#thread.onRequest()
    }
  }

  #flushRequests(): void {
    const requests = this.#requests
    this.#requests = []
    try {
      this.#post([FORK, requests], [])
    } catch {
      for (const request of requests) this.#postOne(request)
    }
  }

  #postOne(request: ForkRequest): void {
    const [id, , name, input, isMap, options] = request
    const transfer = options?.transfer ?? []
    try {
      this.#post([FORK, [request]], transfer)
    } catch (error) {
      const root = isMap ? 'inputs' : 'input'
      this.#open.get(id)?.fail(serializationError(name, root, input, error, transfer))
    }
  }

  #cancel(fork: Fork, reason: unknown): void {
    const last = this.#cancelled.at(-1)
    if (last !== undefined && last.reason === reason) last.forks.push(fork.id)
    else this.#cancelled.push({ reason, forks: [fork.id] })
    this.#thread.onRequest()
  }
}

function afterEnd(name: unknown): ClosedError {
  return new ClosedError(
    `'${String(name)}' was refused: the task that forked it has ended. ` +
      'Fork before the function has returned and all children have ended.',
  )
}
