/** What a task reports of its progress, on its way to the parent: each at once, as a message of its own. */
import { serializationError } from '@threeply/task/runner'
import { PROGRESS } from '../messages.ts'
import type { Post } from './answers.ts'

/** For tasks of that name. The function throws what says where `value` cannot be sent. */
export function progressReport(name: string, post: Post): (item: number, value: unknown) => void {
  return (item, value) => {
    try {
      post([PROGRESS, item, value], [])
    } catch (error) {
      throw serializationError(name, 'progress', value, error)
    }
  }
}
