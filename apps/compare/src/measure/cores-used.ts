/** How many cores a piece of work got: threads that nobody gave a core have shown nothing. */

/** CPU time over wall time of the whole process, all threads, while `work` goes on. */
export async function coresUsed(work: () => Promise<unknown>): Promise<number> {
  const usage = process.cpuUsage()
  const start = performance.now()
  await work()
  const elapsed = performance.now() - start
  const { user, system } = process.cpuUsage(usage)
  return (user + system) / 1_000 / elapsed
}
