/**
 * Carries what a task throws to another thread. Structured clone alone keeps the message, the stack
 * and the names of built-in classes; this keeps the class name, all own properties, the `cause`
 * chain and the errors of an `AggregateError` as well, cycles included.
 */
import { types } from 'node:util'
import { isCloneable } from './cloneable.ts'
import { describe } from './describe.ts'
import { brandedName, ERROR_CLASSES, type ErrorClass, ThrownValueError } from './errors.ts'
import { framesOfTask } from './stack-frames.ts'

/** An error as structured clone can carry it. Its shape may change in any version. */
export interface EncodedError {
  /** Every error that can be reached from the first, each once. */
  readonly errors: readonly ErrorRecord[]
}

interface ErrorRecord {
  readonly className: string
  /** The nearest class that the other side has too. */
  readonly base: string
  readonly name: string
  readonly message: string
  readonly stack: string | undefined
  readonly properties: readonly (readonly [key: string, enumerable: boolean, value: EncodedValue])[]
}

type EncodedValue =
  | readonly ['error', index: number]
  | readonly ['list', items: readonly EncodedValue[]]
  | readonly ['value', value: unknown]

/** Gives an error its place among the encoded ones. */
type IndexOf = (error: object) => number

const BUILT_IN = new Map<string, ErrorClass>(
  [
    Error,
    EvalError,
    RangeError,
    ReferenceError,
    SyntaxError,
    TypeError,
    URIError,
    AggregateError,
    DOMException,
  ].map((errorClass) => [errorClass.name, errorClass]),
)

/** Parts of the record, so no properties like the others. */
const WRITTEN = new Set(['message', 'stack'])

/**
 * Encodes what a task threw. Never throws: what cannot be cloned arrives as its description,
 * functions and symbols among an error's properties are left out, and a value that is no error
 * becomes a {@link ThrownValueError}.
 */
export function encodeError(thrown: unknown): EncodedError {
  const found = new Map<unknown, number>()
  const queue: object[] = []
  const errors: ErrorRecord[] = []
  const indexOf: IndexOf = (error) => {
    const known = found.get(error)
    if (known !== undefined) return known
    found.set(error, queue.length)
    return queue.push(error) - 1
  }
  indexOf(isError(thrown) ? thrown : thrownValueError(thrown))
  // A queue instead of recursion: a chain of causes may be longer than the stack is deep.
  for (let index = 0; index < queue.length; index += 1) {
    errors.push(encodeRecord(queue[index]!, indexOf))
  }
  return { errors }
}

/** Makes the error again, as an instance of the nearest class that exists on this side. */
export function decodeError(encoded: EncodedError): Error {
  const decoded = encoded.errors.map(emptyError)
  const decodeValue = ([kind, value]: EncodedValue): unknown => {
    if (kind === 'error') return decoded[value]
    return kind === 'list' ? value.map(decodeValue) : value
  }
  encoded.errors.forEach((record, index) => {
    for (const [key, enumerable, value] of record.properties) {
      define(decoded[index]!, key, decodeValue(value), enumerable)
    }
  })
  return decoded[0]!
}

/** Whether `value` is an error, of this realm or of another. */
export function isError(value: unknown): value is Error {
  try {
    return value instanceof Error || types.isNativeError(value)
  } catch {
    return false // a revoked proxy refuses every question
  }
}

function thrownValueError(value: unknown): Error {
  const description = describe(value)
  return new ThrownValueError(isCloneable(value) ? value : description, description)
}

function encodeRecord(error: object, indexOf: IndexOf): ErrorRecord {
  try {
    const { className, base } = classOf(error)
    const name = text(error, 'name') ?? className
    return {
      className,
      base,
      // A class that never sets `name` inherits 'Error'; its own name says more.
      name: BUILT_IN.has(name) && base !== 'DOMException' ? className : name,
      message: text(error, 'message') ?? '',
      stack: stackOf(error),
      properties: encodeProperties(error, indexOf),
    }
  } catch (cause) {
    // A proxy may throw whatever it is asked.
    const message = `an error that cannot be read: ${describe(cause)}`
    const stack = `Error: ${message}`
    return { className: 'Error', base: 'Error', name: 'Error', message, stack, properties: [] }
  }
}

function stackOf(error: object): string | undefined {
  const stack = text(error, 'stack')
  return stack === undefined ? undefined : framesOfTask(stack)
}

function encodeProperties(error: object, indexOf: IndexOf): ErrorRecord['properties'] {
  const properties: [string, boolean, EncodedValue][] = []
  for (const key of Object.getOwnPropertyNames(error)) {
    if (WRITTEN.has(key)) continue
    const value = read(error, key)
    if (typeof value === 'function' || typeof value === 'symbol') continue
    const enumerable = Object.prototype.propertyIsEnumerable.call(error, key)
    properties.push([key, enumerable, encodeValue(value, indexOf)])
  }
  return properties
}

function encodeValue(value: unknown, indexOf: IndexOf): EncodedValue {
  if (isError(value)) return ['error', indexOf(value)]
  const items = listWithErrors(value)
  if (items === undefined) return plain(value)
  return ['list', items.map((item) => (isError(item) ? ['error', indexOf(item)] : plain(item)))]
}

/** A list in which errors are to be encoded as errors, as those of an `AggregateError` are. */
function listWithErrors(value: unknown): unknown[] | undefined {
  try {
    return Array.isArray(value) && value.some(isError) ? Array.from(value) : undefined
  } catch {
    return undefined // a proxy that throws, or a getter: described as a whole
  }
}

function plain(value: unknown): EncodedValue {
  return ['value', isCloneable(value) ? value : describe(value)]
}

/** The name of an error's class, and the nearest class above it that both sides have. */
function classOf(error: object): { className: string; base: string } {
  let className = ''
  let prototype: unknown = Object.getPrototypeOf(error)
  while (typeof prototype === 'object' && prototype !== null) {
    const shared = sharedName(prototype)
    className ||= shared ?? constructorName(prototype) ?? ''
    if (shared !== undefined) return { className, base: shared }
    prototype = Object.getPrototypeOf(prototype)
  }
  return { className: className || 'Error', base: 'Error' }
}

/** The name of the class whose prototype this is, if it is on both sides: built in, or ours. */
function sharedName(prototype: object): string | undefined {
  const ourName = brandedName(prototype)
  if (ourName !== undefined && ERROR_CLASSES.has(ourName)) return ourName
  const name = constructorName(prototype)
  const builtIn = name === undefined ? undefined : BUILT_IN.get(name)
  if (builtIn === undefined) return undefined
  // Of another realm it is another object, but as native; a user's may have the same name.
  const isBuiltIn = prototype === builtIn.prototype || isNative(read(prototype, 'constructor'))
  return isBuiltIn ? name : undefined
}

function constructorName(prototype: object): string | undefined {
  const prototypeClass = read(prototype, 'constructor')
  return typeof prototypeClass === 'function' ? text(prototypeClass, 'name') : undefined
}

function isNative(value: unknown): boolean {
  return (
    typeof value === 'function' &&
    Function.prototype.toString.call(value).endsWith('{ [native code] }')
  )
}

function emptyError(record: ErrorRecord): Error {
  const prototype = prototypeOf(record)
  const error = withoutFrames<Error>(() =>
    record.base === 'DOMException'
      ? new DOMException(record.message, record.name)
      : new Error(record.message),
  )
  if (Object.getPrototypeOf(error) !== prototype) Object.setPrototypeOf(error, prototype)
  define(error, 'stack', record.stack, false)
  if (error.name !== record.name) define(error, 'name', record.name, false)
  return error
}

/**
 * Makes an error that has no place of its own: where it is made says nothing, and Node would show
 * that line above the stack of an error that nobody has caught.
 */
function withoutFrames<Made>(make: () => Made): Made {
  const { stackTraceLimit } = Error
  Reflect.set(Error, 'stackTraceLimit', 0) // which a frozen Error refuses, and does not throw
  try {
    return make()
  } finally {
    Reflect.set(Error, 'stackTraceLimit', stackTraceLimit)
  }
}

/** Prototypes of classes that exist only on the other side, so that each is made once. */
const foreignPrototypes = new Map<string, object>()

/** Class names come from tasks, which may make them up: what is remembered is bounded. */
const MAX_FOREIGN_PROTOTYPES = 1_000

function prototypeOf({ base, className }: ErrorRecord): object {
  const Base = (BUILT_IN.get(base) ?? ERROR_CLASSES.get(base) ?? Error) as ErrorConstructor
  if (className === base) return Base.prototype
  const key = `${base} ${className}`
  let prototype = foreignPrototypes.get(key)
  if (prototype === undefined) {
    // A class of this name, so that Node prints it and `constructor.name` tells it.
    prototype = { [className]: class extends Base {} }[className]!.prototype as object
    if (foreignPrototypes.size >= MAX_FOREIGN_PROTOTYPES) foreignPrototypes.clear()
    foreignPrototypes.set(key, prototype)
  }
  return prototype
}

function define(target: object, key: string, value: unknown, enumerable: boolean): void {
  Object.defineProperty(target, key, { value, enumerable, writable: true, configurable: true })
}

/** Reads a property that may be a getter that throws. */
function read(target: object, key: string): unknown {
  try {
    return Reflect.get(target, key)
  } catch (error) {
    return `[getter threw: ${describe(error)}]`
  }
}

function text(target: object, key: string): string | undefined {
  const value = read(target, key)
  return typeof value === 'string' ? value : undefined
}
