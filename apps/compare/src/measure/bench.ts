/** What an experiment measures with. */

/** The machine that everything was measured on. */
export interface Machine {
  /** What `os.availableParallelism()` says. */
  readonly cores: number
  readonly cpuModel: string
  readonly memoryBytes: number
  readonly platform: string
  readonly node: string
}

/** What the user asked for, after defaults. */
export interface CompareOptions {
  readonly quick: boolean
  /** Worker threads for the threaded models. */
  readonly threads: number
  /** Rounds of each comparison; each experiment chooses for itself when it is absent. */
  readonly rounds?: number
  readonly seed: number
  /** A folder of the user's own text files, in place of the bundled text; an absolute path. */
  readonly input?: string
  /** The user's own service, in place of the one that the app starts. */
  readonly url?: string
}

/** How long each subject took in each round, in milliseconds. */
export type Rounds<Name extends string> = Readonly<Record<Name, readonly number[]>>

/** One way to do the work that is compared; what it returns is awaited. The warm-up is round 0 too. */
export type Subject = (round: number) => unknown

/** Settings of one comparison. */
interface InterleaveSettings {
  /** Used when the user has not said `--rounds`. */
  readonly rounds: number
  /** One round that is not counted goes first. @default true */
  readonly warmUp?: boolean
  /**
   * Milliseconds after which no further round starts, once there are five: a slower machine gives
   * fewer rounds, not a longer wait. The user's `--rounds` are all run. @default `bench.budget`
   */
  readonly budget?: number
  /** The rounds do the same work, so that a difference between them is the machine's. @default true */
  readonly isAlike?: boolean
}

/**
 * The tools of one experiment. Each experiment runs in a Node process of its own, so that nothing
 * that another has left behind, heap, compiled code or threads, counts in it. When it ends or is
 * interrupted, every process that it started and all of `os.tmpdir()` go with it.
 */
export interface Bench {
  readonly machine: Machine
  readonly options: CompareOptions
  /** Aborted by Ctrl-C; pass it to whatever can wait. */
  readonly signal: AbortSignal
  /**
   * How long the whole experiment may take, start and end included, in milliseconds: 6,000, or 1,500
   * with `--quick`, so that all nine end in a minute, or in a quarter of one. Nothing enforces it.
   */
  readonly budget: number
  /**
   * Measures the subjects in turn, round by round, each round in another order, so that a drift of
   * the machine's speed falls on all of them alike and each follows each other equally often.
   */
  interleave<Name extends string>(
    subjects: Readonly<Record<Name, Subject>>,
    settings: InterleaveSettings,
  ): Promise<Rounds<Name>>
  /** Chooses by `--quick`. */
  scale<T>(full: T, quick: T): T
  /** Numbers from 0 to 1 that follow from `--seed`; each call starts the same sequence anew. */
  random(): () => number
  /**
   * Calls the export `name` of `module` in a Node process of its own, where nothing that ran before
   * counts and `globalThis.gc` is there; input and output are JSON. Takes some 60 ms more than the
   * work. Rejects with an error that says what the function threw, or how the process died.
   */
  inFreshProcess<Output>(module: URL, name: string, input?: unknown): Promise<Output>
  /** Says what is going on, for the progress line. */
  progress(step: string): void
}
