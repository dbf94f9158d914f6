/** What a thread has written to its standard output and error, on its way out of it. */

/**
 * Fulfils when all of it has left the thread. Before Node 22.13, what the parent has not acknowledged
 * when the thread ends would be lost.
 */
export async function standardStreamsWritten(): Promise<void> {
  await written(process.stdout)
  await written(process.stderr)
}

function written(stream: NodeJS.WriteStream): Promise<void> {
  if (stream.writableLength === 0) return Promise.resolve()
  return new Promise((resolve) => stream.write('', () => resolve()))
}
