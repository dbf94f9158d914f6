/** Loads a task module on a thread, and finds tasks in it. */
import { existsSync } from 'node:fs'
import { basename, isAbsolute } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { describe } from './describe.ts'
import { isError } from './error-codec.ts'
import { TaskModuleError, TaskNotFoundError } from './errors.ts'
import { invalidOption } from './option-checks.ts'
import { createTaskContext } from './task-context.ts'
import type { ReservedExport } from './task-module.ts'

/** A function of a task module, as a runner calls it. */
export type LoadedTask = (input: unknown, context: unknown) => unknown

const RESERVED: ReadonlySet<string> = new Set<ReservedExport>(['setup', 'teardown'])

/**
 * The URL of a task module, for sending it to a thread.
 * @param module A `URL`, a `file:` or `data:` URL as a string, or an absolute path.
 * @throws {InvalidOptionError} ERR_THREEPLY_INVALID_OPTION: it is none of these
 */
export function taskModuleUrl(owner: string, module: unknown): string {
  if (typeof module === 'string' && isAbsolute(module)) return pathToFileURL(module).href
  const url = module instanceof URL ? module.href : module
  if (typeof url === 'string' && /^(file|data):/i.test(url) && URL.canParse(url)) return url
  const takes =
    "a `file:` or `data:` URL or an absolute path, such as new URL('./tasks.js', import.meta.url)"
  throw invalidOption(owner, 'module', module, takes)
}

/** The tasks of a loaded module. */
export class LoadedModule {
  readonly #url: string
  readonly #exports: ReadonlyMap<string, unknown>

  private constructor(url: string, exports: ReadonlyMap<string, unknown>) {
    this.#url = url
    this.#exports = exports
  }

  /** @throws {TaskModuleError} ERR_THREEPLY_TASK_MODULE: it cannot be found, read, or evaluated */
  static async load(url: string): Promise<LoadedModule> {
    try {
      return new LoadedModule(url, exportsOf(await import(url)))
    } catch (cause) {
      const message = `the task module ${url} cannot be loaded: ${reason(cause)}. ${advice(url, cause)}`
      throw new TaskModuleError(message, { cause })
    }
  }

  /** @throws {TaskNotFoundError} ERR_THREEPLY_TASK_NOT_FOUND: there is no such task */
  task(name: string): LoadedTask {
    const found = this.#exports.get(name)
    if (typeof found === 'function' && !RESERVED.has(name)) return found as LoadedTask
    const isNoTask = this.#exports.has(name) || RESERVED.has(name)
    throw new TaskNotFoundError(name, this.#url, this.taskNames, isNoTask)
  }

  /**
   * Calls the module's `setup` with a context, if it has one, and waits for it.
   * @throws {TaskModuleError} ERR_THREEPLY_TASK_MODULE: it threw; `cause` is what
   */
  async setUp(): Promise<void> {
    try {
      await this.#callReserved('setup')
    } catch (cause) {
      const message =
        `'setup' of the task module ${this.#url} failed: ${reason(cause)}. ` +
        'It is called once on each thread, before the first task there.'
      throw new TaskModuleError(message, { cause })
    }
  }

  get hasTeardown(): boolean {
    return typeof this.#exports.get('teardown') === 'function'
  }

  /** Calls the module's `teardown`, if it has one, and waits for it. Rejects with what that throws. */
  async tearDown(): Promise<void> {
    await this.#callReserved('teardown')
  }

  async #callReserved(name: ReservedExport): Promise<void> {
    const found = this.#exports.get(name)
    if (typeof found === 'function') await found(createTaskContext())
  }

  get taskNames(): string[] {
    return [...this.#exports]
      .filter(([name, value]) => typeof value === 'function' && !RESERVED.has(name))
      .map(([name]) => name)
      .sort()
  }
}

function exportsOf(namespace: Record<string, unknown>): ReadonlyMap<string, unknown> {
  const exports = new Map(Object.entries(namespace))
  // Of a CommonJS module Node finds only those names that it can see without running it.
  const commonJs = exports.get('module.exports') ?? exports.get('default')
  const hasNames = exports.has('module.exports') || typeof commonJs === 'object'
  if (hasNames && Object(commonJs) === commonJs) {
    for (const name of Object.keys(commonJs as object)) {
      if (!exports.has(name)) exports.set(name, read(commonJs as object, name))
    }
  }
  exports.delete('module.exports')
  return exports
}

function read(commonJs: object, name: string): unknown {
  try {
    return Reflect.get(commonJs, name)
  } catch {
    return undefined // a getter threw: that is no task, and the others may be fine
  }
}

/** The first line of what was thrown; `cause` has the rest. */
function reason(cause: unknown): string {
  const text = isError(cause) ? `${cause.name}: ${cause.message}` : describe(cause)
  return text.split('\n', 1)[0]!.replace(/\.$/, '')
}

/** What Node says of a folder, and of files that are no program. */
const NO_MODULE: ReadonlySet<string> = new Set([
  'ERR_UNSUPPORTED_DIR_IMPORT',
  'ERR_UNKNOWN_FILE_EXTENSION',
  'ERR_IMPORT_ATTRIBUTE_MISSING',
])

/** The name of the TypeScript file that a missing JavaScript file would be built from. */
function sourceOf(url: string): string | undefined {
  if (!/^file:.*\.[cm]?js$/.test(url)) return undefined
  const source = fileURLToPath(url).replace(/js$/, 'ts')
  return !existsSync(fileURLToPath(url)) && existsSync(source) ? basename(source) : undefined
}

function advice(url: string, cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
  if (code === 'ERR_UNKNOWN_FILE_EXTENSION' && /\.[cm]?ts(?:[?#]|$)/.test(url)) {
    return `Node ${process.versions.node} cannot run TypeScript: use Node 22.18 or newer, or give the compiled .js file.`
  }
  if (code === 'ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING') {
    return 'Node strips no types in node_modules: give the compiled .js file.'
  }
  if (code === 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX') {
    return 'Node strips types and no more: leave out enum, namespace and `import =`, or give the compiled .js file.'
  }
  if (code === 'ERR_MODULE_NOT_FOUND') {
    const source = sourceOf(url)
    if (source !== undefined) {
      return `There is a ${source} beside it: build it, or name that, which Node 22.18 and newer run as it is.`
    }
    return 'Check its path, and the paths of what it imports.'
  }
  if (code !== undefined && NO_MODULE.has(String(code))) {
    const isProgram = /\.[cm]?[jt]s$/.test(url)
    return isProgram ? 'Check what it imports.' : 'Give a .js, .mjs, .cjs or .ts file.'
  }
  if (cause instanceof SyntaxError && url.startsWith('file:')) {
    return `\`node ${fileURLToPath(url)}\` tells in which file and line.`
  }
  return 'Each thread imports it anew: what it does on the way must work there.'
}
