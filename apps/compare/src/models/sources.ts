/** The task modules that the models are compared with. */
import * as ioTasks from '../workloads/io-tasks.ts'
import * as textTasks from '../workloads/text-tasks.ts'
import type { TaskSource } from './model.ts'

export const TEXT_SOURCE: TaskSource = {
  url: new URL('../workloads/text-tasks.ts', import.meta.url),
  tasks: textTasks,
  answer: 'answerTextJobs',
}

export const IO_SOURCE: TaskSource = {
  url: new URL('../workloads/io-tasks.ts', import.meta.url),
  tasks: ioTasks,
  answer: 'answerIoJobs',
}
