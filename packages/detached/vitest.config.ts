import { defineConfig, mergeConfig } from 'vitest/config'
import shared from '../../vitest.shared.ts'

// Every test starts threads, and a busy machine may take seconds for one.
export default mergeConfig(shared, defineConfig({ test: { testTimeout: 60_000 } }))
