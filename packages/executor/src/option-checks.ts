/** Checks that the options of an executor and those of its calls share. */
import { invalidOption } from '@threeply/task/runner'

/** What errors call the owner of a bad option. */
export const OWNER = 'AsyncExecutor'

export function checkBoolean(
  owner: string,
  option: string,
  value: unknown,
): asserts value is boolean {
  if (typeof value !== 'boolean') throw invalidOption(owner, option, value, 'a boolean')
}

export function checkObject(owner: string, options: unknown): void {
  if (typeof options === 'object' && options !== null) return
  throw invalidOption(owner, 'options', options, 'an object')
}
