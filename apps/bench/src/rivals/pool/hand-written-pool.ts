/**
 * By hand, the most that can be had: arrays of inputs, each to a thread that has room. What is
 * submitted in one tick goes together. No cancellation, no errors, no thread that dies.
 */
import { Worker } from 'node:worker_threads'
import type { Pool, PoolRival, PoolTask } from './pool-rival.ts'

/** For tasks smaller than a message: 256 in each, and two on their way, so that no thread waits. */
export const handWrittenArrays = handWrittenRival('by hand, 256 a message', 256, 2)

/** For tasks longer than a message: one at a time to the thread that is free. */
export const handWrittenOneAtATime = handWrittenRival('by hand, one at a time', 1, 1)

/** For large messages: one at a time too, and the next on its way, so that no thread waits for it. */
export const handWrittenAhead = handWrittenRival('by hand, one ahead', 1, 2)

function handWrittenRival(
  name: string,
  inputsAMessage: number,
  messagesAThread: number,
): PoolRival {
  return {
    name,
    role: 'by hand',
    open: async (task, threads) =>
      new HandWrittenPool(task, threads, inputsAMessage, messagesAThread),
  }
}

interface Message<Input, Output> {
  readonly inputs: readonly Input[]
  readonly transfer: readonly ArrayBuffer[]
  readonly settle: (outputs: readonly Output[]) => void
}

interface Thread<Input, Output> {
  readonly worker: Worker
  /** The messages on their way, oldest first: they are answered in this order. */
  readonly sent: Message<Input, Output>[]
}

interface Submission<Input, Output> {
  readonly input: Input
  readonly resolve: (output: Output) => void
}

class HandWrittenPool<Input, Output> implements Pool<Input, Output> {
  readonly #threads: readonly Thread<Input, Output>[]
  readonly #inputsAMessage: number
  readonly #messagesAThread: number
  readonly #queue: Message<Input, Output>[] = []
  #thisTick: Submission<Input, Output>[] = []

  constructor(task: PoolTask, threads: number, inputsAMessage: number, messagesAThread: number) {
    this.#inputsAMessage = inputsAMessage
    this.#messagesAThread = messagesAThread
    this.#threads = Array.from({ length: threads }, () => this.#openThread(task))
  }

  run(input: Input): Promise<Output> {
    return new Promise((resolve) => {
      if (this.#thisTick.length === 0) queueMicrotask(() => this.#flushTick())
      this.#thisTick.push({ input, resolve })
    })
  }

  map(inputs: readonly Input[], transfer?: readonly ArrayBuffer[]): Promise<readonly Output[]> {
    return new Promise((resolve) => {
      const all = new Array<Output>(inputs.length)
      let missing = inputs.length
      const settle = (start: number, outputs: readonly Output[]) => {
        for (let i = 0; i < outputs.length; i += 1) all[start + i] = outputs[i]!
        missing -= outputs.length
        if (missing === 0) resolve(all)
      }
      this.#send(inputs, settle, transfer)
    })
  }

  close(): Promise<unknown> {
    return Promise.all(this.#threads.map(({ worker }) => worker.terminate()))
  }

  #openThread(task: PoolTask): Thread<Input, Output> {
    const url = new URL('./post-message-thread.ts', import.meta.url)
    const thread = { worker: new Worker(url, { workerData: { task, arrays: true } }), sent: [] }
    thread.worker.on('message', (outputs: readonly Output[]) => this.#receive(thread, outputs))
    return thread
  }

  #flushTick(): void {
    const submissions = this.#thisTick
    this.#thisTick = []
    const inputs = submissions.map(({ input }) => input)
    this.#send(inputs, (start, outputs) => {
      for (let i = 0; i < outputs.length; i += 1) submissions[start + i]!.resolve(outputs[i]!)
    })
  }

  #send(
    inputs: readonly Input[],
    settle: (start: number, outputs: readonly Output[]) => void,
    transfer: readonly ArrayBuffer[] = [],
  ): void {
    for (let start = 0; start < inputs.length; start += this.#inputsAMessage) {
      const some = inputs.slice(start, start + this.#inputsAMessage)
      this.#queue.push({
        inputs: some,
        transfer: transfer.slice(start, start + this.#inputsAMessage),
        settle: (outputs) => settle(start, outputs),
      })
    }
    for (const thread of this.#threads) this.#fill(thread)
  }

  #fill(thread: Thread<Input, Output>): void {
    while (this.#queue.length > 0 && thread.sent.length < this.#messagesAThread) {
      const message = this.#queue.shift()!
      thread.sent.push(message)
      thread.worker.postMessage(message.inputs, message.transfer)
    }
  }

  #receive(thread: Thread<Input, Output>, outputs: readonly Output[]): void {
    const message = thread.sent.shift()!
    this.#fill(thread)
    message.settle(outputs)
  }
}
