/** A thread of poolifier, which is told its functions by name. */
import { type TaskFunction, ThreadWorker } from 'poolifier'
import * as tasks from './tasks.ts'

export default new ThreadWorker({ ...tasks } as unknown as Record<string, TaskFunction>)
