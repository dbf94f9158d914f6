/** Where series are made, shared with threads, and read. */
import { threadId } from 'node:worker_threads'
import {
  checkOptionNames,
  checkWholeNumber,
  InvalidOptionError,
  invalidOption,
} from './invalid-option-error.ts'
import { Arena } from './memory/arena.ts'
import type { Series, SeriesKind } from './memory/directory.ts'
import { type Cell, Shard } from './memory/shard.ts'
import { now } from './recorders/clock.ts'
import { COUNTER_BYTES, Counter } from './recorders/counter.ts'
import { forgetGauge, GAUGE_BYTES, Gauge } from './recorders/gauge.ts'
import { HISTOGRAM_BYTES, Histogram } from './recorders/histogram.ts'
import { Timeline, timelineBytes } from './recorders/timeline.ts'
import { checkDeclaration, type SeriesOptions, type TimelineOptions } from './series-options.ts'
import type { MetricsSnapshot } from './snapshot/snapshot.ts'
import { takeSnapshot } from './snapshot/take-snapshot.ts'

/** Options of {@link MetricsRegistry}. */
export interface MetricsRegistryOptions {
  /**
   * How much shared memory all threads together may use, in bytes. It is reserved, and takes real
   * memory as it is used. Recordings that find no room are dropped and counted.
   * @default 67,108,864 (64 MiB)
   */
  readonly limitBytes?: number | undefined
  /**
   * How many sets of labels a name may have, and how many names all spans together. Recordings of
   * further ones are dropped and counted.
   * @default 1,000
   */
  readonly seriesPerName?: number | undefined
}

/**
 * Opens a registry in one thread, by {@link MetricsRegistry.attach}. Plain data that can be posted
 * or be `workerData`; what is in it may change.
 */
export interface MetricsHandle {
  readonly buffer: SharedArrayBuffer
  readonly shard: number
  readonly generation: number
}

type Recorder = Counter | Gauge | Histogram | Timeline

const OPTIONS = ['limitBytes', 'seriesPerName']
const DEFAULT_LIMIT_BYTES = 64 * 1024 * 1024
const LEAST_LIMIT_BYTES = 64 * 1024
const LARGEST_LIMIT_BYTES = 2 ** 30 // places are 32-bit
const DEFAULT_SERIES_PER_NAME = 1_000
const LARGEST_SERIES_PER_NAME = 2 ** 20

/**
 * Counters, gauges, histograms and timelines of all threads of a process. To record is a write into
 * shared memory that one thread alone writes: no message, no lock, no allocation. To read never
 * stops a thread, and works while one is blocked or after it has died.
 * @example
 * const registry = new MetricsRegistry()
 * const requests = registry.counter('http_requests_total', { help: 'Requests.', labels: { method: 'GET' } })
 * requests.add()
 * const worker = new Worker(file, { workerData: registry.share() })
 */
export class MetricsRegistry {
  readonly #shard: Shard
  readonly #recorders = new Map<number, Recorder>()

  /** @throws {InvalidOptionError} ERR_THREEPLY_INVALID_OPTION */
  constructor(options?: MetricsRegistryOptions)
  constructor(options: MetricsRegistryOptions | Shard = {}) {
    this.#shard = options instanceof Shard ? options : foundShard(options)
  }

  /**
   * Opens in this thread what {@link share} made for it in another.
   * @throws {InvalidOptionError} ERR_THREEPLY_INVALID_OPTION: this is no handle, another thread has
   * opened it, or it was retired.
   */
  static attach(handle: MetricsHandle): MetricsRegistry {
    const arena = openArena('MetricsRegistry.attach', handle)
    const shard = Shard.open(arena, handle)
    if (shard === undefined) {
      throw new InvalidOptionError(
        'handle',
        'this handle was opened by another thread, or was retired. ' +
          'A handle is for one thread: call share() for each.',
      )
    }
    return new MetricsRegistry(shard as MetricsRegistryOptions)
  }

  /**
   * The place of this thread in the registry: 0 for the one that made it. Unlike a `threadId` it
   * stays low, as the place of a retired thread is given to the next; so it suits a label. -1 when
   * the memory was full and there is none.
   */
  get slot(): number {
    return this.#shard.slot
  }

  /**
   * The counter of this name and these labels, the same one each time. Adding to it costs about
   * what adding to a field does. A snapshot has the sum over all threads, ended ones included.
   * @throws {InvalidOptionError} ERR_THREEPLY_INVALID_OPTION: a bad name or option, or the name is
   * taken by another kind. So do `gauge`, `histogram` and `timeline`.
   */
  counter(name: string, options: SeriesOptions): Counter {
    return this.#recorder('counter', name, options, () => COUNTER_BYTES) as Counter
  }

  /** The gauge of this name and these labels. A snapshot has the sum of what the threads say. */
  gauge(name: string, options: SeriesOptions): Gauge {
    return this.#recorder('gauge', name, options, () => GAUGE_BYTES) as Gauge
  }

  /**
   * The histogram of this name and these labels: any values of 0 or more, with a relative error of
   * at most 1/64 (1.6 %). Memory: 2 KiB a thread, and 1 KiB for every four powers of two in use.
   */
  histogram(name: string, options: SeriesOptions): Histogram {
    return this.#recorder('histogram', name, options, () => HISTOGRAM_BYTES) as Histogram
  }

  /** The timeline of this name and these labels: the last `capacity` spans of each thread. */
  timeline(name: string, options: TimelineOptions = {}): Timeline {
    return this.#recorder('timeline', name, options, timelineBytes) as Timeline
  }

  /**
   * A handle for one thread, which may share on to threads of its own. {@link retire} it when the
   * thread has ended.
   */
  share(): MetricsHandle {
    return { buffer: this.#shard.arena.buffer, ...this.#shard.give() }
  }

  /**
   * Takes a handle back once its thread has ended (its `exit` event), so that the next thread goes
   * on with its memory: threads may come and go for ever. What it counted stays counted, gauges
   * that it had set are forgotten, and its spans stay until they are overwritten. Threads that it
   * had shared on to have ended with it, and are retired with it. Not before the thread has ended:
   * two threads would write over each other's counts. The second time nothing happens.
   * @throws {InvalidOptionError} ERR_THREEPLY_INVALID_OPTION: this is no handle of this registry.
   */
  retire(handle: MetricsHandle): void {
    const { identity } = openArena('retire', handle)
    if (identity !== this.#shard.arena.identity) {
      throw new InvalidOptionError(
        'handle',
        'this handle is of another registry. Retire it on the one that shared it.',
      )
    }
    this.#shard.retire(handle, (cell) => this.#forget(cell))
  }

  /** What all threads have recorded by now, also those that are blocked or have died. */
  snapshot(): MetricsSnapshot {
    return takeSnapshot(this.#shard, now())
  }

  #recorder(
    kind: SeriesKind,
    name: string,
    options: SeriesOptions | TimelineOptions,
    bytes: (series: Series) => number,
  ): Recorder {
    const series = this.#shard.directory.declare(checkDeclaration(kind, name, options))
    if (series === undefined) return this.#bind(kind, 0, 0)
    const known = this.#recorders.get(series.id)
    if (known !== undefined) return known
    const cell = this.#shard.cell(series, bytes(series))
    const recorder = this.#bind(kind, cell, series.capacity)
    if (cell !== 0) this.#recorders.set(series.id, recorder)
    return recorder
  }

  #bind(kind: SeriesKind, cell: number, capacity: number): Recorder {
    const { arena, directory } = this.#shard
    switch (kind) {
      case 'counter':
        return new Counter(arena, cell)
      case 'gauge':
        return new Gauge(arena, cell)
      case 'histogram':
        return new Histogram(arena, cell)
      case 'timeline':
        return new Timeline(arena, cell, {
          directory,
          thread: threadId,
          capacity,
        })
    }
  }

  #forget({ series, data }: Cell): void {
    const { arena, directory } = this.#shard
    if (directory.find(series)?.kind === 'gauge') forgetGauge(arena, data)
  }
}

function foundShard(options: MetricsRegistryOptions): Shard {
  const owner = 'MetricsRegistry'
  checkOptionNames(owner, options, OPTIONS)
  const { limitBytes = DEFAULT_LIMIT_BYTES, seriesPerName = DEFAULT_SERIES_PER_NAME } = options
  checkWholeNumber(owner, 'limitBytes', limitBytes, {
    minimum: LEAST_LIMIT_BYTES,
    maximum: LARGEST_LIMIT_BYTES,
  })
  checkWholeNumber(owner, 'seriesPerName', seriesPerName, {
    minimum: 1,
    maximum: LARGEST_SERIES_PER_NAME,
  })
  return Shard.found(Arena.make({ limitBytes, seriesPerName }))
}

function openArena(owner: string, handle: unknown): Arena {
  const { buffer, shard, generation } = (handle ?? {}) as Partial<MetricsHandle>
  const arena = Arena.open(buffer)
  if (arena === undefined || !Number.isInteger(shard) || !Number.isInteger(generation)) {
    throw invalidOption(owner, 'handle', handle, 'what share() of a MetricsRegistry returned')
  }
  return arena
}
