/** One call of `broadcast`: a call of `run` for each thread. */
import { invalidOption } from '@threeply/task/runner'
import { RunCall, type RunKind } from './run-call.ts'

/** @throws {InvalidOptionError} ERR_THREEPLY_INVALID_OPTION: there is something to be moved */
export async function broadcast(kind: RunKind, input: unknown): Promise<unknown[]> {
  const { dispatcher, settings } = kind
  if (settings.transfer.length > 0) {
    const takes = 'nothing, as one thing cannot be moved to several threads'
    throw invalidOption('broadcast', 'transfer', settings.transfer, takes)
  }
  const forAll = { ...kind, settings: { ...settings, key: undefined } }
  const outputs: Promise<unknown>[] = []
  dispatcher.broadcast(() => {
    let call: RunCall | undefined
    outputs.push(
      new Promise((resolve) => {
        call = new RunCall(forAll, input, resolve)
      }),
    )
    dispatcher.metrics.submitted()
    dispatcher.work.add()
    return call!
  })
  await Promise.allSettled(outputs)
  return Promise.all(outputs)
}
