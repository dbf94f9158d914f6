/**
 * Forks from inside tasks. They travel to the parent, wait in its queue like other calls, but before
 * these, the latest first, and run on whichever thread is free. So a tree of forks is walked depth
 * first: only as many of its tasks wait for children as its depth and a chunk on each thread make.
 */
import { type CallSettings, defaultSettings } from './call-options.ts'
import { Child, type Children } from './children.ts'
import type { Dispatcher } from './dispatcher.ts'
import { ForkCall } from './fork-call.ts'
import { InputSource } from './input-source.ts'
import { MapCall } from './map-call.ts'
import type { ForkOptions, ForkRequest } from './messages.ts'
import { CollectedOutputs } from './outputs.ts'
import type { RunKind } from './run-call.ts'
import type { Cancellation, Submission, Task } from './submission.ts'

export class NestedForks {
  readonly #dispatcher: Dispatcher
  /** Of forks without options, by the settings of the task that forks. */
  readonly #inherited = new WeakMap<CallSettings, CallSettings>()
  #lastKind: RunKind | undefined
  readonly #cancelling: (readonly [
    child: Child,
    cancellation: Cancellation,
    isInherited: boolean,
  ])[] = []
  #isCancelling = false

  constructor(dispatcher: Dispatcher) {
    this.#dispatcher = dispatcher
  }

  /** Makes a child of `task` as it has asked, not yet submitted. */
  make(
    task: Task,
    [fork, , name, input, isMap, options]: ForkRequest,
    children: Children,
    onProgress: (value: unknown) => void,
  ): Submission {
    const child = new Child(fork, task, name)
    children.add(child)
    this.#dispatcher.work.add()
    const settings = this.#settingsOf(task.call.settings, options, onProgress)
    const call = isMap
      ? this.#map(name, input, settings, children, child)
      : this.#run(name, input, settings, children, child)
    child.call = call
    return call
  }

  /**
   * Cancels children, theirs, and so on.
   * @param isInherited Whether because their task is cancelled.
   */
  cancel(children: readonly Child[], cancellation: Cancellation, isInherited: boolean): void {
    for (const child of children) this.#cancelling.push([child, cancellation, isInherited])
    // Cancelling one comes back here for its children: a chain may be longer than the stack is deep.
    if (this.#isCancelling) return
    this.#isCancelling = true
    for (let next = this.#cancelling.pop(); next !== undefined; next = this.#cancelling.pop()) {
      const [child, why, inherits] = next
      child.cancel(why, inherits)
    }
    this.#isCancelling = false
  }

  #run(
    name: string,
    input: unknown,
    settings: CallSettings,
    children: Children,
    child: Child,
  ): ForkCall {
    if (this.#lastKind?.name !== name || this.#lastKind.settings !== settings) {
      this.#lastKind = { dispatcher: this.#dispatcher, name, settings }
    }
    this.#dispatcher.metrics.submitted()
    return new ForkCall(this.#lastKind, input, children, child)
  }

  #map(
    name: string,
    inputs: unknown,
    settings: CallSettings,
    children: Children,
    child: Child,
  ): MapCall {
    const source = InputSource.of('map', inputs, { onInput() {}, mostHeld: () => 0 })
    const settlement = {
      resolve: (all: unknown) => children.fulfilled(child, all),
      reject: (error: unknown) => children.rejected(child, error),
    }
    const outputs = new CollectedOutputs(settlement, source.remaining)
    return new MapCall(this.#dispatcher, { name, settings, source, outputs, onSettled() {} })
  }

  #settingsOf(
    ofTask: CallSettings,
    options: ForkOptions | undefined,
    onProgress: (value: unknown) => void,
  ): CallSettings {
    const inherited = this.#inherited.get(ofTask) ?? this.#inherit(ofTask)
    if (options === undefined) return inherited
    return {
      ...inherited,
      timeout: options.timeout ?? inherited.timeout,
      grace: options.grace ?? inherited.grace,
      transfer: options.transfer,
      priority: options.priority ?? inherited.priority,
      key: options.key,
      idempotent: options.idempotent ?? false,
      onProgress: options.wantsProgress ? onProgress : undefined,
      chunkSize: options.chunkSize,
    }
  }

  #inherit(ofTask: CallSettings): CallSettings {
    const { priority, grace, carried } = ofTask
    const inherited = { ...defaultSettings(grace), priority, carried, isFork: true }
    this.#inherited.set(ofTask, inherited)
    this.#inherited.set(inherited, inherited) // theirs are the same
    return inherited
  }
}
