/** Text for a terminal: colours and lines. */
import type { styleText } from 'node:util'

/** Colours the text, where the terminal has colours. */
export type Paint = (style: Parameters<typeof styleText>[0], text: string) => string

/** The text in lines of at most `width`; a longer word has a line of its own. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(/\s+/)) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line]
}
