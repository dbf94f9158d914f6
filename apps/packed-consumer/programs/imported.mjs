import * as detached from '@threeply/detached'
import * as executor from '@threeply/executor'
import * as forkJoin from '@threeply/fork-join'
import * as metrics from '@threeply/metrics'
import * as task from '@threeply/task'
import { runJobs } from './jobs.mjs'

await runJobs({ task, metrics, forkJoin, detached, executor })
