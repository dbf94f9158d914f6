/** One real job with each package. The ESM and the CommonJS program hand in what they have loaded. */
import assert from 'node:assert/strict'

export async function runJobs({ task, metrics, forkJoin, detached, executor }) {
  const tasks = new URL('./tasks.mjs', import.meta.url)

  const decoded = task.decodeError(structuredClone(task.encodeError(new TypeError('carried'))))
  assert.ok(decoded instanceof TypeError)
  assert.equal(decoded.message, 'carried')

  const registry = new metrics.MetricsRegistry()

  const pool = new forkJoin.ForkJoinPool(tasks, { threads: 2, metrics: registry })
  assert.equal(await pool.run('wordCount', 'one two three'), 3)
  assert.deepEqual(await pool.map('wordCount', ['a', 'b c', '']), [1, 2, 0])
  await assert.rejects(pool.run('fail', 'as it should'), isFailure)
  await assert.rejects(pool.run('missing', 0), (error) => error instanceof task.TaskNotFoundError)
  await pool.close()

  const runner = new detached.DetachedRunner(tasks, { metrics: registry })
  const thread = runner.spawn('echo', 'heard ')
  await thread.send('you')
  for await (const message of thread) {
    assert.equal(message, 'heard you')
    await thread.send('end')
  }
  assert.equal(await thread.join(), 'ended')
  assert.equal((await thread.exited).reason, 'completed')
  await assert.rejects(runner.spawn('fail', 'as it should').join(), isFailure)
  await runner.shutdown()

  const limited = new executor.AsyncExecutor({ concurrency: 2, metrics: registry })
  assert.deepEqual(await limited.map([1, 2, 3], async (n) => n * 2), [2, 4, 6])
  await limited.close()

  const { schema, series } = registry.snapshot()
  assert.equal(schema, 1)
  const submitted = series.filter(({ name }) => name === 'threeply_tasks_submitted_total')
  assert.deepEqual(submitted.map(({ labels }) => labels.runner).sort(), [
    'detached',
    'executor',
    'fork-join',
  ])
  console.log('every job done')
}

/** Of the task 'fail', where its stack ends. */
function isFailure(error) {
  assert.equal(error.name, 'RangeError')
  assert.equal(error.code, 'E_CONSUMER')
  assert.match(error.stack.split('\n').at(-1), /tasks\.mjs/)
  return true
}
