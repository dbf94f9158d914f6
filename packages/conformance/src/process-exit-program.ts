/**
 * Run in a process of its own by the tests of `process-exit.ts`: one scenario with one runner. It
 * never calls `process.exit`, since whether the process ends by itself is the question; an `await`
 * that nothing keeps alive ends it with exit code 13.
 */
import type { MakeRunner } from './subject.ts'

const [adapter, scenario] = process.argv.slice(2)
const { makeRunner } = (await import(adapter!)) as { makeRunner: MakeRunner }
const runner = makeRunner(new URL('./tasks.ts', import.meta.url), { concurrency: 2 })
const words = new Int32Array(new SharedArrayBuffer(64))
const late = { ms: 100, value: 'late' }

const scenarios: Record<string, () => unknown> = {
  'ends beside a runner that was never used': () => {},
  'ends beside an idle runner that nobody closed': async () => {
    console.log('output', await runner.run('echo', 1))
  },
  'lives as long as a task that it awaits': async () => {
    console.log('output', await runner.run('echoAfter', late))
  },
  'lives as long as a task that nobody awaits': () => {
    void runner.run('echoAfter', late).then((output) => console.log('output', output))
  },
  'ends after close': async () => {
    console.log('output', await runner.run('echo', 1))
    await runner.close()
  },
  'ends after destroy': async () => {
    const failed = outcome(runner.run('hold', { words }))
    await runner.destroy!()
    console.log(codeOf(await failed))
  },
  'ends after failures that were handled': async () => {
    const failed = [runner.run('failCustom'), runner.run('failLater'), runner.run('failAggregate')]
    await Promise.all(failed.map(outcome))
    console.log('handled')
  },
  'ends before a timeout that is no longer needed': async () => {
    console.log('output', await runner.run('echo', 1, { timeout: 600_000 }))
  },
  'ends after an abort': async () => {
    const stopped = outcome(runner.run('hold', { words }, { signal: AbortSignal.timeout(200) }))
    const reason = await stopped
    console.log(reason instanceof Error && reason.name === 'TimeoutError' ? 'stopped' : reason)
  },
  'ends after a map that failed': async () => {
    console.log(codeOf(await outcome(runner.map!('failCustom', [1, 2, 3]))))
  },
  'ends after a stream that was left': async () => {
    for await (const _output of runner.stream!('echo', [1, 2, 3, 4, 5, 6])) break
    console.log('left')
  },
  'has shown what a task wrote before it settles': async () => {
    console.log('output', await runner.run('writeLines', { lines: 500, fails: false }))
  },
  'has shown what a task wrote that failed': async () => {
    console.log(codeOf(await outcome(runner.run('writeLines', { lines: 500, fails: true }))))
  },
}

await scenarios[scenario!]!()

/** The output or the reason; a rejection is handled by this alone. */
function outcome(promise: Promise<unknown>): Promise<unknown> {
  return promise.catch((reason: unknown) => reason)
}

function codeOf(reason: unknown): unknown {
  return reason instanceof Error && 'code' in reason ? reason.code : reason
}
