/**
 * Carries what a task throws to another thread. Structured clone alone keeps the message, the stack
 * and the names of built-in classes; this keeps the class name, all own properties, the `cause`
 * chain and the errors of an `AggregateError` as well, cycles included.
 */
import { inspect, types } from 'node:util'
import { isCloneable } from './cloneable.ts'
import * as ours from './errors.ts'

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

const BUILT_IN = new Map<string, ErrorConstructor>(
  [
    Error,
    EvalError,
    RangeError,
    ReferenceError,
    SyntaxError,
    TypeError,
    URIError,
    AggregateError,
  ].map((errorClass) => [errorClass.name, errorClass as ErrorConstructor]),
)

const OURS = new Map(Object.entries(ours) as [string, { readonly prototype: Error }][])

/** Written by the codec itself, so no properties. */
const WRITTEN = new Set(['name', 'message', 'stack'])

/**
 * Encodes what a task threw. Never throws: what cannot be cloned arrives as its description,
 * functions and symbols among an error's properties are left out, and a value that is no error
 * becomes a {@link ours.ThrownValueError}.
 */
export function encodeError(thrown: unknown): EncodedError {
  const found = new Map<unknown, number>()
  const queue: object[] = []
  const errors: ErrorRecord[] = []
  const indexOf = (error: object): number => {
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
  return value instanceof Error || types.isNativeError(value)
}

function thrownValueError(value: unknown): Error {
  const description = describe(value)
  return new ours.ThrownValueError(isCloneable(value) ? value : description, description)
}

function encodeRecord(error: object, indexOf: (error: object) => number): ErrorRecord {
  const { className, base } = classOf(error)
  const name = text(error, 'name') ?? className
  return {
    className,
    base,
    // A class that never sets `name` inherits 'Error'; its own name says more.
    name: BUILT_IN.has(name) && !Object.hasOwn(error, 'name') ? className : name,
    message: text(error, 'message') ?? '',
    stack: text(error, 'stack'),
    properties: encodeProperties(error, indexOf),
  }
}

function encodeProperties(
  error: object,
  indexOf: (error: object) => number,
): ErrorRecord['properties'] {
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

function encodeValue(value: unknown, indexOf: (error: object) => number): EncodedValue {
  if (isError(value)) return ['error', indexOf(value)]
  if (Array.isArray(value) && value.some(isError)) {
    return ['list', value.map((item) => (isError(item) ? ['error', indexOf(item)] : plain(item)))]
  }
  return plain(value)
}

function plain(value: unknown): EncodedValue {
  return ['value', isCloneable(value) ? value : describe(value)]
}

/** The name of an error's class, and the nearest class above it that both sides have. */
function classOf(error: object): { className: string; base: string } {
  if (error instanceof DOMException) return { className: 'DOMException', base: 'DOMException' }
  let className = ''
  let prototype: unknown = Object.getPrototypeOf(error)
  while (typeof prototype === 'object' && prototype !== null) {
    const prototypeClass = read(prototype, 'constructor')
    const name = typeof prototypeClass === 'function' ? prototypeClass.name : ''
    className ||= name
    const isShared =
      BUILT_IN.has(name) ||
      (OURS.has(name) && error instanceof (prototypeClass as ErrorConstructor))
    if (isShared) return { className, base: name }
    prototype = Object.getPrototypeOf(prototype)
  }
  return { className: className || 'Error', base: 'Error' }
}

function emptyError(record: ErrorRecord): Error {
  const error =
    record.base === 'DOMException'
      ? new DOMException(record.message, record.name)
      : Object.setPrototypeOf(new Error(record.message), prototypeOf(record))
  define(error, 'stack', record.stack, false)
  if (error.name !== record.name) define(error, 'name', record.name, false)
  return error
}

function prototypeOf({ base, className }: ErrorRecord): object {
  const Base = (BUILT_IN.get(base) ?? OURS.get(base) ?? Error) as ErrorConstructor
  if (className === base) return Base.prototype
  // A class of this name, so that Node prints it and `constructor.name` tells it.
  return { [className]: class extends Base {} }[className]!.prototype
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

function describe(value: unknown): string {
  try {
    return inspect(value, { depth: 2, breakLength: Number.POSITIVE_INFINITY })
  } catch {
    return `[${typeof value} that cannot be shown]` // its own inspection threw
  }
}
