/**
 * The contract of all runners as a suite of tests. It knows a runner by the methods of
 * `ContractRunner` alone, so that one suite fits all.
 */
import { describe } from 'vitest'
import { badInputPromise } from './promises/bad-input.ts'
import { cancellationPromise } from './promises/cancellation.ts'
import { closingPromise } from './promises/closing.ts'
import { errorsPromise } from './promises/errors.ts'
import { mapPromise } from './promises/map.ts'
import { outputsPromise } from './promises/outputs.ts'
import { processExitPromise } from './promises/process-exit.ts'
import { queueLimitPromise } from './promises/queue-limit.ts'
import { serializationPromise } from './promises/serialization.ts'
import { streamPromise } from './promises/stream.ts'
import { taskModulesPromise } from './promises/task-modules.ts'
import { threadExitPromise } from './promises/thread-exit.ts'
import { timeoutsPromise } from './promises/timeouts.ts'
import { type Capabilities, type MakeRunner, makeSubject } from './subject.ts'

/** Longer than any wait inside a test, so that what it waited for is what is reported. */
const TEST_TIMEOUT = 60_000

/**
 * Registers the tests of everything that every runner promises.
 * @param makeRunner Makes a new runner; each test makes its own, and closes it.
 * @param capabilities What the runner lacks; what is not named, it has.
 * @example runnerContract('fork-join', makeRunner, { adapter: new URL('./adapter.ts', import.meta.url) })
 */
export function runnerContract(
  name: string,
  makeRunner: MakeRunner,
  capabilities: Capabilities = {},
): void {
  describe(`the contract of all runners: ${name}`, { timeout: TEST_TIMEOUT }, () => {
    const subject = makeSubject(makeRunner, capabilities)
    outputsPromise(subject)
    errorsPromise(subject)
    badInputPromise(subject)
    taskModulesPromise(subject)
    serializationPromise(subject)
    cancellationPromise(subject)
    timeoutsPromise(subject)
    threadExitPromise(subject)
    queueLimitPromise(subject)
    mapPromise(subject)
    streamPromise(subject)
    closingPromise(subject)
    processExitPromise(subject)
  })
}
