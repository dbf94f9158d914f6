/** The consumer's own tasks; plain JavaScript, so that every Node.js line can load them. */

export function wordCount(text) {
  return text.split(/\s+/).filter(Boolean).length
}

export function fail(message) {
  throw Object.assign(new RangeError(message), { code: 'E_CONSUMER' })
}

export async function echo(prefix, context) {
  for await (const message of context.messages) {
    if (message === 'end') return 'ended'
    await context.send(prefix + message)
  }
  return 'closed'
}
