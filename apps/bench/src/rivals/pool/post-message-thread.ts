/** A thread of the pools that are written by hand: a message is one input, or an array of them. */
import { parentPort, workerData } from 'node:worker_threads'

const { task, arrays } = workerData as { readonly task: string; readonly arrays: boolean }
const tasks: Record<string, unknown> = await import('./tasks.ts')
const run = tasks[task] as (input: unknown) => unknown
const port = parentPort!

port.on('message', (message) => {
  port.postMessage(arrays ? (message as unknown[]).map((input) => run(input)) : run(message))
})
