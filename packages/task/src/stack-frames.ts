/** Leaves out of a stack what is below a task: the frames of the runner that called it, and of Node. */
import { fileURLToPath } from 'node:url'

const HIDDEN = Symbol.for('threeply.hiddenFrames')

/** One list for all copies of this package: in CommonJS each entry point has one of its own. */
const shared = globalThis as { [HIDDEN]?: string[] }
shared[HIDDEN] ??= []
const hidden: string[] = shared[HIDDEN]

/** For a runner's thread: frames of files in that directory, a `file:` URL, are not a task's. */
export function hideFramesOf(directory: string): void {
  hidden.push(directory, fileURLToPath(directory))
}

/** The stack without what is below the task, unless nothing else is in it. */
export function framesOfTask(stack: string): string {
  if (hidden.length === 0) return stack
  const lines = stack.split('\n')
  const last = lines.findLastIndex((line) => !isBelow(line))
  const isFrame = last !== -1 && FRAME.test(lines[last]!)
  return isFrame ? lines.slice(0, last + 1).join('\n') : stack
}

const FRAME = /^\s+at /

function isBelow(line: string): boolean {
  if (!FRAME.test(line)) return false
  return (
    line.includes(' node:') ||
    line.includes('(node:') ||
    hidden.some((directory) => line.includes(directory))
  )
}
