#!/usr/bin/env node
/** Runs the program, out of a compile cache from the second time on: half of its start is compiling. */
import { enableCompileCache } from 'node:module'
import { COMPILE_CACHE } from './isolation/compile-cache.ts'

enableCompileCache(COMPILE_CACHE)
const { runProgram } = await import('./program.ts') // imported above, it would come before the cache
process.exitCode = await runProgram(process.argv.slice(2))
