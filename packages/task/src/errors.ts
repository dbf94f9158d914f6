/** The errors that every runner rejects with. Catch them by class or by `code`. */

/** What the brands of our prototypes start with; the class name follows. */
const BRAND_PREFIX = '@threeply/task/'

const BRAND: unique symbol = Symbol('brand of the class')

/** A class of ours, of which nobody but a runner makes an instance. */
export type ErrorClass = abstract new (...args: never) => Error

const branded = new Map<string, ErrorClass>()

/** Our classes by name, for the error codec. A bundler may rename a class, and never these. */
export const ERROR_CLASSES: ReadonlyMap<string, ErrorClass> = branded

/**
 * Makes `instanceof` answer by brand instead of by identity: two copies of this package, ESM beside
 * CommonJS or two versions, know each other's errors.
 */
function brand(errorClass: ErrorClass, className: string): void {
  const symbol = Symbol.for(BRAND_PREFIX + className)
  Object.defineProperty(errorClass.prototype, symbol, { value: true })
  Object.defineProperty(errorClass.prototype, 'name', {
    value: className,
    writable: true,
    configurable: true,
  })
  Object.defineProperty(errorClass, BRAND, { value: symbol })
  branded.set(className, errorClass)
}

/** The name of the class of ours whose prototype this is, in any copy of the package. */
export function brandedName(prototype: object): string | undefined {
  for (const symbol of Object.getOwnPropertySymbols(prototype)) {
    const key = Symbol.keyFor(symbol)
    if (key?.startsWith(BRAND_PREFIX)) return key.slice(BRAND_PREFIX.length)
  }
  return undefined
}

/** The stable codes of our errors. */
export type ThreeplyErrorCode =
  | 'ERR_THREEPLY_TIMEOUT'
  | 'ERR_THREEPLY_THREAD_EXIT'
  | 'ERR_THREEPLY_QUEUE_FULL'
  | 'ERR_THREEPLY_CLOSED'
  | 'ERR_THREEPLY_TASK_NOT_FOUND'
  | 'ERR_THREEPLY_TASK_MODULE'
  | 'ERR_THREEPLY_SERIALIZATION'
  | 'ERR_THREEPLY_DROPPED'
  | 'ERR_THREEPLY_DEADLOCK'
  | 'ERR_THREEPLY_THROWN_VALUE'
  | 'ERR_THREEPLY_INVALID_OPTION'

/** Which task an error that crossed a thread came from. */
export interface FailedTask {
  readonly name: string
  /** Its place among the inputs of `map`, `stream` or `reduce`. */
  readonly index?: number
  /** The number of the thread that it ran on, where it was given to one. */
  readonly thread?: number
}

/** What all of our errors are. Their constructors are for runners, and may change in any version. */
export abstract class ThreeplyError extends Error {
  /** Stable; what to compare. */
  readonly code: ThreeplyErrorCode
  /** The task that failed; not enumerable. */
  declare readonly task?: FailedTask

  constructor(code: ThreeplyErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.code = code
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    const symbol: symbol | undefined = Object.hasOwn(this, BRAND)
      ? (this as unknown as Record<symbol, symbol>)[BRAND]
      : undefined
    // A class that a user derived from ours has no brand of its own, and answers as any class.
    if (symbol === undefined) return Function.prototype[Symbol.hasInstance].call(this, value)
    return typeof value === 'object' && value !== null && symbol in value
  }
}

/** The timeout ran out before the task had ended. */
export class TaskTimeoutError extends ThreeplyError {
  declare readonly code: 'ERR_THREEPLY_TIMEOUT'
  /** The timeout of the call, in milliseconds. */
  readonly timeout: number
  /** How long the task waited before it started, in milliseconds. */
  readonly queueTime: number
  /** How long the task had been running, in milliseconds; 0 when it never started. */
  readonly runTime: number

  /** @param advice What to do, where more is known than that it took too long. */
  constructor(
    taskName: string,
    times: { readonly timeout: number; readonly queueTime: number; readonly runTime: number },
    advice?: string,
  ) {
    const spent =
      times.runTime > 0
        ? `after ${round(times.queueTime)} ms in the queue and ${round(times.runTime)} ms running`
        : `after ${round(times.queueTime)} ms in the queue, before it started`
    const usual =
      times.runTime > 0
        ? 'Raise `timeout`, or make the task smaller.'
        : 'Raise `timeout`, submit less at once, or give the runner more to run it on.'
    super('ERR_THREEPLY_TIMEOUT', `'${taskName}' timed out ${spent}. ${advice ?? usual}`)
    this.timeout = times.timeout
    this.queueTime = times.queueTime
    this.runTime = times.runTime
  }
}

/** The thread that ran the task ended before the task did. */
export class ThreadExitError extends ThreeplyError {
  declare readonly code: 'ERR_THREEPLY_THREAD_EXIT'
  /** What the thread exited with. */
  readonly exitCode: number

  constructor(message: string, exit: { readonly exitCode: number; readonly cause?: unknown }) {
    super('ERR_THREEPLY_THREAD_EXIT', message, causeOf(exit))
    this.exitCode = exit.exitCode
  }
}

/** The queue held `queueLimit` tasks already. */
export class QueueFullError extends ThreeplyError {
  declare readonly code: 'ERR_THREEPLY_QUEUE_FULL'

  constructor(taskName: string, queueLimit: number) {
    super(
      'ERR_THREEPLY_QUEUE_FULL',
      `'${taskName}' was refused: ${queueLimit} tasks are waiting, which is the queue limit. ` +
        "Submit later, raise `queueLimit`, or set `overflow: 'wait'`.",
    )
  }
}

/** The runner is closed or destroyed. */
export class ClosedError extends ThreeplyError {
  declare readonly code: 'ERR_THREEPLY_CLOSED'

  constructor(message: string, options: { readonly cause?: unknown } = {}) {
    super('ERR_THREEPLY_CLOSED', message, causeOf(options))
  }
}

/** The task module has no such function. */
export class TaskNotFoundError extends ThreeplyError {
  declare readonly code: 'ERR_THREEPLY_TASK_NOT_FOUND'

  constructor(taskName: string, module: string, taskNames: readonly string[], isExport = false) {
    const has = taskNames.length > 0 ? `Its tasks are ${quoted(taskNames)}.` : 'It has no tasks.'
    const what = isExport
      ? `'${taskName}' of ${module} is no task: only an exported function that is not reserved is one.`
      : `'${taskName}' is not exported by ${module}.`
    super('ERR_THREEPLY_TASK_NOT_FOUND', `${what} ${has}`)
  }
}

/** The task module cannot be loaded; `cause` says why. */
export class TaskModuleError extends ThreeplyError {
  declare readonly code: 'ERR_THREEPLY_TASK_MODULE'

  constructor(message: string, options: { readonly cause?: unknown } = {}) {
    super('ERR_THREEPLY_TASK_MODULE', message, causeOf(options))
  }
}

/** An input, an output or a message cannot be cloned. */
export class TaskSerializationError extends ThreeplyError {
  declare readonly code: 'ERR_THREEPLY_SERIALIZATION'
  /** What cannot be cloned, from the root: `input.rows[3].save`, `output`, `message.socket`. */
  readonly path: string

  constructor(
    taskName: string,
    at: { readonly path: string; readonly what: string; readonly cause?: unknown },
  ) {
    super(
      'ERR_THREEPLY_SERIALIZATION',
      `${at.path} of '${taskName}' cannot be sent to another thread: it is ${at.what}. ` +
        'Send plain data, and make what is not data on the other side.',
      causeOf(at),
    )
    this.path = at.path
  }
}

/** The task was removed from the queue before it started. */
export class TaskDroppedError extends ThreeplyError {
  declare readonly code: 'ERR_THREEPLY_DROPPED'

  constructor(taskName: string, by: string) {
    super(
      'ERR_THREEPLY_DROPPED',
      `'${taskName}' was removed from the queue by ${by} before it started. Submit it again if it is still wanted.`,
    )
  }
}

/** The task could never start: what holds the places to run waits for it. */
export class DeadlockError extends ThreeplyError {
  declare readonly code: 'ERR_THREEPLY_DEADLOCK'

  constructor(taskName: string, limit: number) {
    super(
      'ERR_THREEPLY_DEADLOCK',
      `'${taskName}' was refused: it was called inside a function of the executor that should run it, ` +
        `and the concurrency limit of ${limit} is used up by functions that wait for such calls, so none ` +
        'could ever start. Give the inner calls an executor of their own, or set `reentrant: true`.',
    )
  }
}

/** The task threw something that is no error. */
export class ThrownValueError extends ThreeplyError {
  declare readonly code: 'ERR_THREEPLY_THROWN_VALUE'
  /** What was thrown; its description where it cannot be cloned. */
  readonly value: unknown

  constructor(value: unknown, description: string) {
    super(
      'ERR_THREEPLY_THROWN_VALUE',
      `the task threw ${description}, which is no error. Throw an Error, so that it says where it happened.`,
    )
    this.value = value
  }
}

/** A bad argument or option; thrown before anything is started. */
export class InvalidOptionError extends ThreeplyError {
  declare readonly code: 'ERR_THREEPLY_INVALID_OPTION'
  /** The name of the option. */
  readonly option: string

  constructor(option: string, message: string) {
    super('ERR_THREEPLY_INVALID_OPTION', message)
    this.option = option
  }
}

brand(ThreeplyError, 'ThreeplyError')
brand(TaskTimeoutError, 'TaskTimeoutError')
brand(ThreadExitError, 'ThreadExitError')
brand(QueueFullError, 'QueueFullError')
brand(ClosedError, 'ClosedError')
brand(TaskNotFoundError, 'TaskNotFoundError')
brand(TaskModuleError, 'TaskModuleError')
brand(TaskSerializationError, 'TaskSerializationError')
brand(TaskDroppedError, 'TaskDroppedError')
brand(DeadlockError, 'DeadlockError')
brand(ThrownValueError, 'ThrownValueError')
brand(InvalidOptionError, 'InvalidOptionError')

function causeOf(options: { readonly cause?: unknown }): { cause?: unknown } | undefined {
  return options.cause === undefined ? undefined : { cause: options.cause }
}

function quoted(names: readonly string[]): string {
  return names.map((name) => `'${name}'`).join(', ')
}

function round(milliseconds: number): number {
  return Math.round(milliseconds * 10) / 10
}
