/** As long as what is at hand already needs to come about, and no longer. */

/** Fulfilled in the next turn of the event loop. */
export function oneTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
