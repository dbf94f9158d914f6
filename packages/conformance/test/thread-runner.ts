/** A small runner that starts a thread for each task, and ends it after. */
import { Worker } from 'node:worker_threads'
import { decodeError, TaskModuleError, ThreadExitError } from '@threeply/task'
import { checkDuration, serializationError, taskModuleUrl } from '@threeply/task/runner'
import type { MakeRunner } from '../src/subject.ts'
import { type Host, SmallRunner, type StartedTask } from './small-runner.ts'
import type { FromThread, ThreadData } from './thread-entry.ts'

const ENTRY = new URL('./thread-entry.ts', import.meta.url)

export const makeRunner: MakeRunner = (module, { grace = 500, ...options }) => {
  const url = taskModuleUrl('SmallRunner', module)
  checkDuration('SmallRunner', 'grace', grace)
  const host: Host = {
    rejectsAtOnce: false,
    start: (task) => runOnThread(url, grace, task),
  }
  return new SmallRunner(host, options)
}

async function runOnThread(url: string, grace: number, task: StartedTask): Promise<unknown> {
  const { name, input, index, transfer, signal } = task
  const flag = new Int32Array(new SharedArrayBuffer(4))
  const workerData: ThreadData = { url, name, flag }
  const worker = new Worker(ENTRY, { workerData })
  let graceTimer: NodeJS.Timeout | undefined
  const onAbort = () => {
    Atomics.store(flag, 0, 1)
    worker.postMessage({ kind: 'cancel' })
    graceTimer = setTimeout(() => void worker.terminate(), grace)
  }
  signal.addEventListener('abort', onAbort)
  try {
    worker.postMessage({ kind: 'start', input }, transfer)
  } catch (cause) {
    await worker.terminate()
    signal.removeEventListener('abort', onAbort)
    throw serializationError(name, 'input', input, cause, transfer)
  }
  return await new Promise<unknown>((resolve, reject) => {
    let loaded = false
    let ending: FromThread | undefined
    let cause: unknown
    worker.on('message', (message: FromThread) => {
      if (message.kind === 'loaded') loaded = true
      else ending = message
    })
    worker.on('error', (error) => {
      cause = error
    })
    worker.on('exit', (exitCode) => {
      clearTimeout(graceTimer)
      signal.removeEventListener('abort', onAbort)
      if (ending?.kind === 'completed') return resolve(ending.output)
      if (ending?.kind === 'failed') {
        const error = decodeError(ending.error)
        const value = { name, ...(index === undefined ? {} : { index }), thread: 1 }
        return reject(Object.defineProperty(error, 'task', { value }))
      }
      if (!loaded)
        return reject(new TaskModuleError(`${url} exited while it was loaded`, { cause }))
      reject(new ThreadExitError(`its thread exited while running '${name}'`, { exitCode, cause }))
    })
  })
}
