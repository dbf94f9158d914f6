/** What a promise rejected with. */
import { inspect } from 'node:util'

/** Fails the test when `promise` is fulfilled. */
export async function rejection(promise: PromiseLike<unknown>): Promise<unknown> {
  let output: unknown
  try {
    output = await promise
  } catch (reason) {
    return reason
  }
  throw new Error(`should have rejected, and was fulfilled with ${inspect(output)}`)
}

/** As {@link rejection}, where it must be an error. */
export async function failure(
  promise: PromiseLike<unknown>,
): Promise<Error & Record<string, unknown>> {
  const reason = await rejection(promise)
  if (reason instanceof Error) return reason as Error & Record<string, unknown>
  throw new Error(`should have rejected with an error, and did with ${inspect(reason)}`)
}

/** Whether `promise` has settled when asked; counts as the one who handles it. */
export function watch(promise: PromiseLike<unknown>): { readonly settled: boolean } {
  const state = { settled: false }
  const settle = () => {
    state.settled = true
  }
  promise.then(settle, settle)
  return state
}
