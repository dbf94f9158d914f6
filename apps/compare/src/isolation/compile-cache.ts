/** Where all processes of the program, and their threads, find what one of them has compiled before. */
import { fileURLToPath } from 'node:url'

export const COMPILE_CACHE =
  process.env.NODE_COMPILE_CACHE ??
  fileURLToPath(new URL('../../node_modules/.cache/compile/', import.meta.url))
