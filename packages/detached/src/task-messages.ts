/** The types of the messages of a task, from its context. */
import type { DetachedContext } from './detached-context.ts'

/** What the task `N` of module `M` receives; `never` where it does not talk, `unknown` for a module that was not named. */
export type TaskIncoming<M, N extends string> =
  ContextOf<M, N> extends DetachedContext<infer Incoming, infer _> ? Incoming : never

/** What the task `N` of module `M` sends; `never` where it does not talk, `unknown` for a module that was not named. */
export type TaskOutgoing<M, N extends string> =
  ContextOf<M, N> extends DetachedContext<infer _, infer Outgoing> ? Outgoing : never

type ContextOf<M, N extends string> = string extends keyof M
  ? DetachedContext
  : N extends keyof M
    ? M[N] extends (input: never, context: infer Context) => unknown
      ? NonNullable<Context>
      : never
    : never
