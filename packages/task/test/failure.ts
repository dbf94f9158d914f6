/** What a function throws, or rejects with; it must be an error. */
export async function failure(
  body: () => unknown,
): Promise<Error & { readonly code?: unknown; readonly path?: unknown }> {
  let output: unknown
  try {
    output = await body()
  } catch (thrown) {
    if (thrown instanceof Error) return thrown
    throw new Error(`should have thrown an error, and threw ${String(thrown)}`)
  }
  throw new Error(`should have thrown, and gave ${String(output)}`)
}
