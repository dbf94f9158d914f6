/** What piscina runs on each thread, once: it opens our port there. It never fails at load. */
import { encodeError } from '@threeply/task'
import { LoadedModule } from '@threeply/task/runner'
import type { Transferable } from './call-options.ts'
import { ChunkRunner } from './chunk-runner.ts'
import { ItemStates } from './item-states.ts'
import { FATAL, RUN, type ThreadOpened, type ThreadOpening, type ToThread } from './messages.ts'
import { TaskMeter } from './task-meter.ts'

export async function openThread(opening: ThreadOpening): Promise<ThreadOpened> {
  const { port, module, states, metrics } = opening
  let tasks: LoadedModule
  try {
    tasks = await LoadedModule.load(module)
  } catch (error) {
    return encodeError(error)
  }
  const meter = await TaskMeter.open(metrics)
  const runner = new ChunkRunner(tasks, new ItemStates(states), meter, (message, transfer) =>
    port.postMessage(message, transfer as Transferable[]),
  )
  // A task that ends its thread does not take with it what others have finished.
  process.on('exit', () => runner.flush())
  process.on('uncaughtExceptionMonitor', (error) => port.postMessage([FATAL, encodeError(error)]))
  // A message that cannot be read here may hold tasks: they are lost, and must not be waited for.
  port.on('messageerror', (error) => {
    throw error
  })
  port.on('message', (message: ToThread) => {
    if (message[0] === RUN) runner.run(message[1], message[2])
    else runner.cancel(message[1], message[2])
  })
  return undefined
}
