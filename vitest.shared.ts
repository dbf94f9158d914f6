/** How every package of the workspace is tested: on its source, without a build. */
import { defineConfig } from 'vitest/config'

export default defineConfig({
  // Handed on to threads too, which `resolve.conditions` is not.
  ssr: { resolve: { conditions: ['@threeply/source', 'node'] } },
  test: { include: ['test/**/*.test.ts'] },
})
