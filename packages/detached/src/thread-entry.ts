/** What runs in a detached thread: it loads the task module, runs one task, and ends. */
import { type MessagePort, workerData } from 'node:worker_threads'
import { encodeError } from '@threeply/task'
import { hideFramesOf, LoadedModule, StandardStreams } from '@threeply/task/runner'
import type { FromThread, ThreadData, ToThread } from './messages.ts'
import { ResourceMeter } from './resource-use.ts'
import { openRunRecorder } from './run-recorder.ts'
import { TaskRun } from './task-run.ts'

hideFramesOf(new URL('.', import.meta.url).href)
hideFramesOf(new URL('../src/', import.meta.url).href) // by source maps
const { module, port, metrics } = workerData as ThreadData
const meter = new ResourceMeter()
let run: TaskRun | undefined

const loading = LoadedModule.load(module)
loading.catch(() => {}) // the run that needs the module reports it
const opening = metrics && openRunRecorder(metrics)

// The port keeps the thread alive while the task waits for nothing that Node knows of.
port.on('message', (message: ToThread) => {
  if (message.kind === 'start') {
    run = new TaskRun(port, message)
    void run.run(loading, opening).then(end)
  } else {
    run?.receive(message)
  }
})
// What cannot be read here is lost, the task itself perhaps: better a dead thread than one that hangs.
port.on('messageerror', (error) => {
  throw error
})
process.on('uncaughtExceptionMonitor', (thrown) => {
  post(port, { kind: 'dying', error: encodeError(thrown) })
})
process.on('exit', () => post(port, { kind: 'exiting', use: meter.use() }))

/** Ends the thread, whatever the task has left behind: timers, sockets, listeners. */
async function end(settledWell: boolean): Promise<void> {
  await new StandardStreams().written()
  if (!settledWell) process.exitCode = 1
  process.exit()
}

function post(to: MessagePort, message: FromThread): void {
  to.postMessage(message)
}
