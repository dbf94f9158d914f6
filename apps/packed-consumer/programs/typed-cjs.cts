/** The same types, as CommonJS sees them. */
import executor = require('@threeply/executor')
import task = require('@threeply/task')

const limited: executor.AsyncExecutor = new executor.AsyncExecutor({ concurrency: 2 })
const code: string | undefined = new Error() instanceof task.ThreeplyError ? 'ours' : undefined

export { code, limited }
