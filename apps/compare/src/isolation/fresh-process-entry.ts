/** In the fresh process: one call, one reply, the end. */
import type { Call, Reply } from './fresh-process.ts'

// Whoever asked has gone: nobody waits for the answer, and nothing may be left running.
process.on('disconnect', () => process.exit(1))

process.once('message', async (call: Call) => {
  const reply: Reply = await answer(call)
  process.send?.(reply, () => process.exit(0))
})

async function answer({ module, name, input }: Call): Promise<Reply> {
  try {
    const exports: Record<string, unknown> = await import(module)
    const run = exports[name]
    if (typeof run !== 'function') throw new TypeError(`${module} has no function '${name}'`)
    return { output: await run(input) }
  } catch (error) {
    return { thrown: error instanceof Error ? error.message : String(error) }
  }
}
