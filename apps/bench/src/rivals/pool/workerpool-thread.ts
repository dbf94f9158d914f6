/** A thread of workerpool, which registers what it is to run. */
import workerpool from 'workerpool'
import * as tasks from './tasks.ts'

workerpool.worker({ ...tasks })
