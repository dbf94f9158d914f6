import { defineConfig } from 'tsup'
import { library } from '../../tsup.shared.ts'

export default defineConfig({
  ...library,
  entry: ['src/index.ts', 'src/thread-entry.ts'],
  dts: { entry: 'src/index.ts' }, // the thread's entry file is loaded, never imported
})
