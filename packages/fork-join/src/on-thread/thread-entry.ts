/** What piscina runs on each thread, once: it opens our port there. It never fails at load. */
import type { MessagePort } from 'node:worker_threads'
import { type EncodedError, encodeError } from '@threeply/task'
import { checkUnmoved, hideFramesOf, LoadedModule, StandardStreams } from '@threeply/task/runner'
import type { Transferable } from '../call-options.ts'
import { ItemStates } from '../item-states.ts'
import {
  CANCEL,
  DONE,
  FATAL,
  type FromThread,
  HEAP_EXCEEDED,
  JOIN,
  OPENED,
  RUN,
  TEAR_DOWN,
  type ThreadOpened,
  type ThreadOpening,
  TORN_DOWN,
  type ToThread,
} from '../messages.ts'
import { OpeningState } from '../opening-state.ts'
import { ChunkRunner } from './chunk-runner.ts'
import { HeapWatch } from './heap-watch.ts'
import { IdlePoll } from './idle-poll.ts'
import { TaskMeter } from './task-meter.ts'

/** Ends at once, as piscina keeps the process alive till then; what comes of it travels over the port. */
export function openThread(opening: ThreadOpening): void {
  const isSource = import.meta.url.endsWith('.ts')
  hideFramesOf(new URL(isSource ? '../' : './', import.meta.url).href)
  hideFramesOf(new URL('../src/', import.meta.url).href) // by source maps
  const state = new OpeningState(opening.state)
  state.enter()
  void open(opening, state).then((opened) =>
    opening.port.postMessage([OPENED, opened] satisfies FromThread),
  )
}

async function open(opening: ThreadOpening, state: OpeningState): Promise<ThreadOpened> {
  const { port, module, metrics, heapBytes } = opening
  const streams = new StandardStreams()
  let tasks: LoadedModule
  try {
    tasks = await LoadedModule.load(module)
    if (tasks.hasTeardown && !state.beginSetup()) await untilTheEnd()
    await tasks.setUp()
  } catch (error) {
    await streams.written()
    return { failure: encodeError(error), hasTeardown: false }
  }
  const heap = new HeapWatch(heapBytes)
  const meter = await TaskMeter.open(metrics)
  const post = (message: FromThread, transfer: readonly unknown[] = []): void => {
    meter.showRunning()
    // Before the answer, so that what the parent sends next goes to another thread already.
    if (message[0] === DONE && heap.exceedsNow())
      port.postMessage([HEAP_EXCEEDED] satisfies FromThread)
    checkUnmoved(transfer)
    port.postMessage(message, transfer as Transferable[])
  }
  const idlePoll = new IdlePoll()
  const runner = new ChunkRunner(tasks, new ItemStates(), meter, post, idlePoll, streams)
  // A task that ends its thread does not take with it what others have finished.
  process.on('exit', () => runner.flush())
  process.on('uncaughtExceptionMonitor', (error) => post([FATAL, encodeError(error)]))
  // A message that cannot be read here may hold tasks: they are lost, and must not be waited for.
  port.on('messageerror', (error) => {
    throw error
  })
  port.on('message', (message: ToThread) => {
    idlePoll.onMessage()
    if (message[0] === RUN) runner.run(message[1], message[2], message[3], message[4])
    else if (message[0] === JOIN) runner.forks.join(message[1])
    else if (message[0] === CANCEL) runner.cancel(message[1], message[2])
    else if (message[0] === TEAR_DOWN) void tearDown(tasks, port, streams)
    else runner.forks.progress(message[1], message[2])
  })
  return { failure: undefined, hasTeardown: tasks.hasTeardown }
}

/** The parent is about to end the thread. */
function untilTheEnd(): Promise<never> {
  return new Promise(() => {})
}

/** The parent ends the thread after that. */
async function tearDown(
  tasks: LoadedModule,
  port: MessagePort,
  streams: StandardStreams,
): Promise<void> {
  let failure: EncodedError | undefined
  try {
    await tasks.tearDown()
  } catch (error) {
    failure = encodeError(error)
  }
  await streams.written()
  port.postMessage([TORN_DOWN, failure] satisfies FromThread)
}
