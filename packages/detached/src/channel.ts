/**
 * One end of a channel between a thread and its parent, with credit-based back-pressure.
 *
 * Each end starts with room for `UNREAD_LIMIT` messages at the other. A message takes one; the other
 * end gives them back, half of the limit at a time, as its messages are taken. Invariant:
 * room here + messages on their way + unread there + taken there and not given back = the limit
 * (plus what `stop` has added). So no more than the limit is ever unread, and the sender has room
 * whenever the reader has nothing to read: less than half of the limit is taken and not given back.
 */
import { serializationError } from '@threeply/task/runner'
import { Fifo } from './fifo.ts'
import type { ChannelFrame } from './messages.ts'

/** How many messages may be unread at one end before `send` at the other end waits. */
export const UNREAD_LIMIT = 64 // hides the way there and back; one message more costs its reader little

/** How many are taken before their room is given back: a message for each would double the traffic. */
const GIVE_BACK = UNREAD_LIMIT / 2

type Post = (frame: ChannelFrame, transfer: readonly unknown[]) => void

interface WaitingSend {
  readonly message: unknown
  readonly transfer: readonly unknown[]
  readonly promise: Promise<void>
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

interface WaitingReader {
  readonly owner: object
  readonly resolve: (result: IteratorResult<unknown, undefined>) => void
}

const SENT = Promise.resolve()
const DONE = { value: undefined, done: true } as const

export class Channel {
  readonly #taskName: string
  readonly #post: Post

  #room = UNREAD_LIMIT
  readonly #waiting = new Fifo<WaitingSend>()
  #closedBy: (() => Error) | undefined

  readonly #unread = new Fifo<unknown>()
  #taken = 0
  #readers: WaitingReader[] = []
  #ended = false

  /** @param post Puts a frame on the port; throws what `postMessage` throws. */
  constructor(taskName: string, post: Post) {
    this.#taskName = taskName
    this.#post = post
  }

  send(message: unknown, transfer: readonly unknown[]): Promise<void> {
    if (this.#closedBy !== undefined) return rejected(this.#closedBy())
    if (this.#room === 0 || this.#waiting.size > 0) return this.#wait(message, transfer)
    try {
      this.#sendNow(message, transfer)
      return SENT
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /** The other end has made room. */
  addRoom(count: number): void {
    this.#room += count
    while (this.#room > 0 && this.#waiting.size > 0) this.#sendWaiting()
  }

  /** Sends what waits for room at once: this end is about to go, and its memory with it. */
  flush(): void {
    while (this.#waiting.size > 0) this.#sendWaiting()
  }

  /** From now on, and for what waits, `send` rejects. */
  closeSending(reason: () => Error): void {
    this.#closedBy = reason
    for (let send = this.#waiting.shift(); send; send = this.#waiting.shift()) {
      ignoreRejection(send.promise)
      send.reject(reason())
    }
  }

  /** A message has come. */
  receive(message: unknown): void {
    const reader = this.#readers.shift()
    if (reader === undefined) {
      this.#unread.push(message)
      return
    }
    this.#countTaken()
    reader.resolve({ value: message, done: false })
  }

  /** Gives the other end room for `count` messages beyond the limit. */
  giveExtraRoom(count: number): void {
    this.#post({ kind: 'room', count }, [])
  }

  /** No message will come: iteration ends after those that have. */
  endReceiving(): void {
    this.#ended = true
    for (const reader of this.#readers.splice(0)) reader.resolve(DONE)
  }

  /** The messages that nobody has taken, then those that come. Iterators share them, in turn. */
  messages(): AsyncIterator<unknown, undefined> {
    let returned = false
    const iterator: AsyncIterator<unknown, undefined> = {
      next: () => (returned ? Promise.resolve(DONE) : this.#next(iterator)),
      return: () => {
        returned = true
        this.#dismiss(iterator)
        return Promise.resolve(DONE)
      },
    }
    return iterator
  }

  #wait(message: unknown, transfer: readonly unknown[]): Promise<void> {
    let resolve!: () => void
    let reject!: (error: unknown) => void
    const promise = new Promise<void>((onSent, onError) => {
      resolve = onSent
      reject = onError
    })
    this.#waiting.push({ message, transfer, promise, resolve, reject })
    return promise
  }

  #sendWaiting(): void {
    const { message, transfer, resolve, reject } = this.#waiting.shift()!
    try {
      this.#sendNow(message, transfer)
      resolve()
    } catch (error) {
      reject(error)
    }
  }

  #sendNow(message: unknown, transfer: readonly unknown[]): void {
    try {
      this.#post({ kind: 'message', message }, transfer)
    } catch (cause) {
      throw serializationError(this.#taskName, 'message', message, cause, transfer)
    }
    this.#room -= 1
  }

  #next(owner: object): Promise<IteratorResult<unknown, undefined>> {
    if (this.#unread.size > 0) {
      this.#countTaken()
      return Promise.resolve({ value: this.#unread.shift(), done: false })
    }
    if (this.#ended) return Promise.resolve(DONE)
    return new Promise((resolve) => this.#readers.push({ owner, resolve }))
  }

  #countTaken(): void {
    this.#taken += 1
    if (this.#taken < GIVE_BACK || this.#ended) return
    this.#post({ kind: 'room', count: this.#taken }, [])
    this.#taken = 0
  }

  /** Lets go of an iterator whose caller has left: nothing is handed to it any more. */
  #dismiss(owner: object): void {
    const dismissed = this.#readers.filter((reader) => reader.owner === owner)
    this.#readers = this.#readers.filter((reader) => reader.owner !== owner)
    for (const reader of dismissed) reader.resolve(DONE)
  }
}

/** A message that nobody awaits is lost with the thread, as one that `postMessage` sent would be. */
function rejected(error: Error): Promise<void> {
  const promise = Promise.reject<void>(error)
  ignoreRejection(promise)
  return promise
}

function ignoreRejection(promise: Promise<void>): void {
  promise.catch(() => {})
}
