/** How much a thread has at most that it has not answered. */

/** So many inputs travel in one message, which bounds what a dying thread can lose, and how long the parent makes it. */
export const MAX_INPUTS = 4_096

/** So many messages are unanswered: the one that the thread works on, and the next. */
export const MAX_CHUNKS = 2
