/** The same consumer on every Node.js line that the packages promise to run on. */
import { defineConfig } from 'vitest/config'

export default defineConfig({ test: { include: ['matrix/**/*.test.ts'] } })
