/** How a value is shown in a message. */
import { inspect } from 'node:util'

/** On one line; never throws, whatever the value does when it is looked at. */
export function describe(value: unknown, depth = 2): string {
  try {
    return inspect(value, { depth, breakLength: Number.POSITIVE_INFINITY })
  } catch {
    return `[${typeof value} that cannot be shown]` // its own inspection threw
  }
}
