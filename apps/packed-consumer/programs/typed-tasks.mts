import type { DetachedContext } from '@threeply/detached'
import type { TaskContext } from '@threeply/task'

export function wordCount(text: string, { signal }: TaskContext): Record<string, number> {
  signal.throwIfAborted()
  return { [text]: 1 }
}

export async function chat(limit: number, context: DetachedContext<string, number>) {
  await context.send(limit)
  return new Date()
}
