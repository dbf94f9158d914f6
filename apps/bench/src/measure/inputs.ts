/** The numbers 0, 1, 2, …: each output can be checked by its place. */
export function numbers(length: number): number[] {
  return Array.from({ length }, (_, index) => index)
}
