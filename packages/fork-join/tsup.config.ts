import { defineConfig } from 'tsup'
import { library } from '../../tsup.shared.ts'

export default defineConfig({
  ...library,
  entry: { index: 'src/index.ts', 'thread-entry': 'src/on-thread/thread-entry.ts' },
  dts: { entry: 'src/index.ts' }, // the thread's entry file is loaded, never imported
})
