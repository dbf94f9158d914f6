/**
 * Builds the packages of which something has changed since they were last built, silently but for a
 * failure: the app then runs what users install. With nothing to do it takes a tenth of a second.
 */
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const turbo = fileURLToPath(import.meta.resolve('turbo/bin/turbo'))
const filter = '--filter=./packages/*'
const build = spawn(
  process.execPath,
  [turbo, 'run', 'build', filter, '--output-logs=errors-only'],
  {
    stdio: ['ignore', 'pipe', 'pipe'],
  },
)

let said = ''
for (const stream of [build.stdout, build.stderr]) {
  stream.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
}
const PATIENCE = 1_000 // milliseconds
const notice = setTimeout(() => process.stderr.write('building the packages…\n'), PATIENCE)

build.on('error', (error) => {
  clearTimeout(notice)
  process.stderr.write(`the packages could not be built: ${error.message}\n`)
  process.exitCode = 1
})
build.on('close', (code) => {
  clearTimeout(notice)
  if (code === 0) return
  process.stderr.write(`${said}\nthe packages could not be built\n`)
  process.exitCode = 1
})
