/** A small runner whose tasks are functions on its caller's thread, as an executor's are. */
import { inlineTask } from '../src/inline-task.ts'
import type { MakeRunner } from '../src/subject.ts'
import { type Host, SmallRunner } from './small-runner.ts'

const host: Host = {
  rejectsAtOnce: true,
  start: async ({ name, input, signal }) => inlineTask(name)(input, { signal }),
}

export const makeRunner: MakeRunner = (_module, options) => new SmallRunner(host, options)
