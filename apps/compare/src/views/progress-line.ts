/** What is going on, on stderr: one line that is rewritten on a terminal, sparse lines elsewhere. */
import { oneLine } from '../failure.ts'

export interface ProgressLine {
  /** A claim begins. */
  claim(id: number, slug: string): void
  /** A step within it; shown on a terminal only. */
  step(text: string): void
  /** Leaves the terminal as it was. */
  clear(): void
}

const ERASE_LINE = '\r\u001B[2K'

/** How often the seconds are counted, in milliseconds. */
const TICK = 1_000 // seldom enough to take nothing from what is measured

export function startProgress(stream: NodeJS.WriteStream, total: number): ProgressLine {
  const started = performance.now()
  let place = 0
  let current = ''
  let step = ''
  const rewrite = () => {
    if (!stream.isTTY || current === '') return
    const seconds = Math.round((performance.now() - started) / 1_000)
    const line = [current, ...(step === '' ? [] : [step]), `${seconds} s`].join(' · ')
    stream.write(ERASE_LINE + line.slice(0, Math.max(20, (stream.columns || 80) - 1)))
  }
  const ticking = stream.isTTY ? setInterval(rewrite, TICK).unref() : undefined
  return {
    claim(id, slug) {
      current = `${++place} of ${total} · claim ${id}, ${slug}`
      step = ''
      if (stream.isTTY) rewrite()
      else stream.write(`${current}\n`)
    },
    step(text) {
      step = oneLine(text)
      rewrite()
    },
    clear() {
      clearInterval(ticking)
      if (stream.isTTY && current !== '') stream.write(ERASE_LINE)
      current = ''
    },
  }
}
