/** The Node arguments that a thread is started with. */

/** Arguments that take the next one as their value, if not given as `--name=value`. */
const LOADING = [
  '--conditions',
  '-C',
  '--import',
  '--require',
  '-r',
  '--loader',
  '--experimental-loader',
]

/** Arguments without a value that change how modules load. */
const SWITCHES = ['--enable-source-maps', '--experimental-transform-types', '--no-warnings']

/**
 * A thread inherits the arguments of its process. But `--input-type`, which a program given by
 * `--eval` or on stdin may need, would make any thread that runs a file fail; then only those that say
 * how modules load are handed on.
 * @returns What to give `Worker` as `execArgv`; undefined to inherit.
 */
export function threadArguments(inherited: readonly string[]): string[] | undefined {
  if (!inherited.some((argument) => argument.startsWith('--input-type'))) return undefined
  const kept: string[] = []
  inherited.forEach((argument, index) => {
    const [name = ''] = argument.split('=', 1)
    if (SWITCHES.includes(name)) kept.push(argument)
    if (!LOADING.includes(name)) return
    kept.push(argument)
    if (name === argument) kept.push(inherited[index + 1] ?? '')
  })
  return kept
}
