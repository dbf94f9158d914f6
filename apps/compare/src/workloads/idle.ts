/** What idle things cost: threads, and pending async tasks, in memory. For a fresh process. */

import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { Worker } from 'node:worker_threads'

/** The memory of the process while `count` of them are there, in bytes. */
export interface MemoryPoint {
  readonly count: number
  readonly rss: number
  /** V8's heap: of the main thread, and of the idle threads together. */
  readonly heap: number
  /** The stack of the main thread, where the system tells. */
  readonly mainStack?: number
}

/** A thread that does nothing but wait for a message, and tells how large its heap is. */
const IDLE_THREAD = `
const { parentPort } = require('node:worker_threads')
parentPort.on('message', () => {})
parentPort.postMessage(process.memoryUsage().heapUsed)
`

/** Starts idle threads up to each of `counts` in turn. */
export async function memoryOfThreads(counts: readonly number[]): Promise<MemoryPoint[]> {
  const threads: Worker[] = []
  let threadHeaps = 0
  const points: MemoryPoint[] = [memoryNow(0, 0)]
  for (const count of counts) {
    const started = Array.from({ length: count - threads.length }, () => {
      return new Worker(IDLE_THREAD, { eval: true })
    })
    threads.push(...started)
    for (const [heap] of await Promise.all(started.map((thread) => once(thread, 'message')))) {
      threadHeaps += heap
    }
    points.push(memoryNow(count, threadHeaps))
  }
  return points
}

/** Starts async tasks that wait, up to each of `counts` in turn. */
export async function memoryOfTasks(counts: readonly number[]): Promise<MemoryPoint[]> {
  const release: (() => void)[] = []
  const pending: Promise<void>[] = []
  const points: MemoryPoint[] = [memoryNow(0, 0)]
  for (const count of counts) {
    while (pending.length < count) pending.push(waitFor(release))
    points.push(memoryNow(count, 0))
  }
  for (const go of release) go()
  await Promise.all(pending)
  return points
}

/** An async task as small as they come: it waits for one event of its own. */
async function waitFor(release: (() => void)[]): Promise<void> {
  await new Promise<void>((resolve) => release.push(resolve))
}

function memoryNow(count: number, threadHeaps: number): MemoryPoint {
  globalThis.gc?.() // what nobody needs any more is not the price of what is there
  const { rss, heapUsed } = process.memoryUsage()
  const mainStack = stackOfMainThread()
  return { count, rss, heap: heapUsed + threadHeaps, ...(mainStack !== undefined && { mainStack }) }
}

function stackOfMainThread(): number | undefined {
  if (process.platform !== 'linux') return undefined
  const [, kilobytes] = /^VmStk:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? []
  return kilobytes === undefined ? undefined : Number(kilobytes) * 1_024
}
