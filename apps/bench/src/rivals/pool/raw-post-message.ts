/** By hand, the least that one can write: a message for each task, to the threads in turn. */
import { Worker } from 'node:worker_threads'
import { mapByRun, type PoolRival, type PoolTask } from './pool-rival.ts'

export const rawPostMessage: PoolRival = {
  name: 'postMessage, one by one',
  role: 'by hand',
  async open<Input, Output>(task: PoolTask, threads: number) {
    const opened = Array.from({ length: threads }, () => new RawThread<Input, Output>(task))
    let turn = 0
    const run = (input: Input) => {
      turn = (turn + 1) % threads
      return opened[turn]!.ask(input)
    }
    return {
      run,
      map: mapByRun(run),
      close: () => Promise.all(opened.map((thread) => thread.terminate())),
    }
  },
}

class RawThread<Input, Output> {
  readonly #worker: Worker
  /** Who waits, in the order of asking, which is that of the answers. */
  #asked: ((output: Output) => void)[] = []
  #answered = 0

  constructor(task: PoolTask) {
    const url = new URL('./post-message-thread.ts', import.meta.url)
    this.#worker = new Worker(url, { workerData: { task, arrays: false } })
    this.#worker.on('message', (output: Output) => this.#answer(output))
  }

  ask(input: Input): Promise<Output> {
    return new Promise((resolve) => {
      this.#asked.push(resolve)
      this.#worker.postMessage(input)
    })
  }

  terminate(): Promise<number> {
    return this.#worker.terminate()
  }

  #answer(output: Output): void {
    const resolve = this.#asked[this.#answered]!
    this.#answered += 1
    if (this.#answered === this.#asked.length) {
      this.#asked = []
      this.#answered = 0
    }
    resolve(output)
  }
}
