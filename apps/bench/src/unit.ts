/** The units that figures come in; each says which direction is better, and how to say it. */

interface Direction {
  readonly better: 'lower' | 'higher'
  /** What a subject with the better figure is: `2.0× faster`. */
  readonly ahead: string
  /** What a subject with the worse figure is: `2.0× slower`. */
  readonly behind: string
}

const TIME: Direction = { better: 'lower', ahead: 'faster', behind: 'slower' }

/** `×` is a speed-up; only there more is better. */
export const UNITS = {
  ns: TIME,
  µs: TIME,
  ms: TIME,
  bytes: { better: 'lower', ahead: 'smaller', behind: 'larger' },
  '×': { better: 'higher', ahead: 'faster', behind: 'slower' },
} as const satisfies Record<string, Direction>

export type Unit = keyof typeof UNITS

/** How many times better `figure` is than `other`: over 1 when it is, under 1 when it is worse. */
export function timesBetter(unit: Unit, figure: number, other: number): number {
  return UNITS[unit].better === 'lower' ? other / figure : figure / other
}
