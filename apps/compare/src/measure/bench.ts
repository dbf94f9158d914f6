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
  /** A folder of the user's own text files, in place of the bundled text. */
  readonly input?: string
  /** The user's own service, in place of the one that the app starts. */
  readonly url?: string
}

/** How long each subject took in each round, in milliseconds. */
export type Rounds<Name extends string> = Readonly<Record<Name, readonly number[]>>

/** One way to do the work that is compared. */
export type Subject = (round: number) => unknown

export interface Bench {
  readonly machine: Machine
  readonly options: CompareOptions
  /** Aborted by Ctrl-C; pass it to whatever can wait. */
  readonly signal: AbortSignal
  /**
   * Measures the subjects in turn, round by round, each round in another order, so that a drift of
   * the machine's speed falls on all of them alike. One round that is not counted goes first.
   * @param settings.rounds Used when the user has not said `--rounds`.
   */
  interleave<Name extends string>(
    subjects: Readonly<Record<Name, Subject>>,
    settings: { readonly rounds: number; readonly warmUp?: boolean },
  ): Promise<Rounds<Name>>
  /** Chooses by `--quick`. */
  scale<T>(full: T, quick: T): T
  /** Numbers from 0 to 1 that follow from `--seed`; each call starts the same sequence anew. */
  random(): () => number
  /**
   * Calls the export `name` of `module` in a Node process of its own, where nothing that ran before
   * counts; input and output are JSON.
   */
  inFreshProcess<Output>(module: URL, name: string, input?: unknown): Promise<Output>
  /** Says what is going on, for the progress line. */
  progress(step: string): void
}
