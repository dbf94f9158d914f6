const detached = require('@threeply/detached')
const executor = require('@threeply/executor')
const forkJoin = require('@threeply/fork-join')
const metrics = require('@threeply/metrics')
const task = require('@threeply/task')

import('./jobs.mjs').then(({ runJobs }) => runJobs({ task, metrics, forkJoin, detached, executor }))
