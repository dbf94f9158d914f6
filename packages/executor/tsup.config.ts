import { defineConfig, type Options } from 'tsup'
import { library } from '../../tsup.shared.ts'

type Plugin = NonNullable<Options['esbuildPlugins']>[number]

/**
 * p-limit is an ES module alone. What `require` makes of one differs between Node.js versions, so
 * that the CommonJS build holds a copy; the ESM build imports it.
 */
const commonJsHoldsLimit: Plugin = {
  name: 'commonjs-holds-p-limit',
  setup(build) {
    if (build.initialOptions.format === 'cjs') return
    build.onResolve({ filter: /^p-limit$/ }, ({ path }) => ({ path, external: true }))
  },
}

export default defineConfig({
  ...library,
  entry: ['src/index.ts'],
  noExternal: ['p-limit'],
  esbuildPlugins: [commonJsHoldsLimit],
})
