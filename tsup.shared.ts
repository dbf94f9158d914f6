/** How every package of the workspace is built: ESM and CJS, types for both, source maps. */
import type { Options } from 'tsup'

export const library: Options = {
  format: ['esm', 'cjs'],
  platform: 'node',
  target: 'node20.19',
  dts: true,
  sourcemap: true,
  clean: true,
  removeNodeProtocol: false, // `node:sqlite` and others exist only with the prefix
  // CommonJS has no `import.meta.url`; tsup's own shim breaks in paths with a space, % or #.
  banner: ({ format }) =>
    format === 'cjs'
      ? {
          js: "'use strict';\nconst importMetaUrl = require('node:url').pathToFileURL(__filename).href;",
        }
      : {},
  esbuildOptions(options, { format }) {
    if (format === 'cjs') options.define = { ...options.define, 'import.meta.url': 'importMetaUrl' }
  },
}
