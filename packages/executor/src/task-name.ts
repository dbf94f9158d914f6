/** What errors call a function. */
export function taskName(fn: (...args: never) => unknown): string {
  return fn.name === '' ? 'anonymous function' : String(fn.name)
}
