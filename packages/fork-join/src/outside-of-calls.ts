/** For what outlives the call in which it is made, such as a thread. */
import { AsyncLocalStorage } from 'node:async_hooks'

/** Runs a function in no call's async context, which what it makes would keep in memory. */
export const outsideOfCalls: <Result>(make: () => Result) => Result = AsyncLocalStorage.snapshot()
