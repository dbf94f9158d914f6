/** The progress line, on stderr: one that changes on a terminal, one after the other elsewhere. */
export interface Progress {
  show(step: string): void
  /** Takes the line away, so that results stand alone. */
  clear(): void
}

export function progressOn(stream: NodeJS.WriteStream): Progress {
  if (!stream.isTTY) return { show: (step) => stream.write(`${step}\n`), clear: () => {} }
  const rewrite = (line: string) => stream.write(`\r\x1b[K${line}`)
  return { show: (step) => rewrite(step.slice(0, stream.columns - 1)), clear: () => rewrite('') }
}
