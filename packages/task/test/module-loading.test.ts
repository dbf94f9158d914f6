import { describe, expect, test } from 'vitest'
import { TaskModuleError, TaskNotFoundError } from '../src/index.ts'
import { LoadedModule, taskModuleUrl } from '../src/runner.ts'
import { failure } from './failure.ts'

const fixture = (name: string): string => new URL(`./fixtures/${name}`, import.meta.url).href

describe('a task module', () => {
  test('gives its exported functions by name, setup and teardown apart', async () => {
    const module = await LoadedModule.load(fixture('tasks.ts'))
    expect(module.taskNames).toEqual(['Store', 'double', 'fetchTitle', 'greet', 'now', 'wordCount'])
    expect(module.task('double')(21, undefined)).toBe(42)
  })

  test.each([
    ['commonjs/seen.js', ['add']],
    ['commonjs/unseen.js', ['add']],
    ['commonjs/unseen-function.js', ['add', 'default']],
  ])('may be CommonJS: %s', async (name, names) => {
    const module = await LoadedModule.load(fixture(name))
    expect(module.taskNames).toEqual(names)
    expect(module.task('add')([19, 23], undefined)).toBe(42)
  })

  test('may have a default export that is a task', async () => {
    const module = await LoadedModule.load(fixture('default-function.js'))
    expect(module.taskNames).toEqual(['default'])
    expect(module.task('default')('in', undefined)).toBe('in')
  })

  test('may have a setup and a teardown, which get a context', async () => {
    const module = await LoadedModule.load(fixture('with-setup.ts'))
    expect(module.hasTeardown).toBe(true)
    await module.setUp()
    expect(module.task('state')(undefined, undefined)).toBe('set up')
    await module.tearDown()
    expect(module.task('state')(undefined, undefined)).toBe('torn down')
  })

  test('may have neither', async () => {
    const module = await LoadedModule.load(fixture('default-function.js'))
    expect(module.hasTeardown).toBe(false)
    await module.setUp()
    await module.tearDown()
  })

  test('whose setup fails tells why', async () => {
    const module = await LoadedModule.load(fixture('setup-fails.ts'))
    const error = await failure(() => module.setUp())
    expect(error).toBeInstanceOf(TaskModuleError)
    expect(error.message).toContain("'setup'")
    expect(error.message).toContain('RangeError: no database')
    expect(error.cause).toMatchObject({ name: 'RangeError', message: 'no database' })
  })

  test.each(['nope', 'limit', 'setup', 'teardown', 'constructor', '__proto__', 'toString', ''])(
    "'%s' is no task, and the error lists those that are",
    async (name) => {
      const module = await LoadedModule.load(fixture('tasks.ts'))
      const error = await failure(() => module.task(name))
      expect(error).toBeInstanceOf(TaskNotFoundError)
      expect(error.code).toBe('ERR_THREEPLY_TASK_NOT_FOUND')
      expect(error.message).toContain(`'${name}'`)
      expect(error.message).toContain("'fetchTitle', 'greet', 'now', 'wordCount'")
    },
  )

  test('an export that is no task is told apart from a name that is not there', async () => {
    const module = await LoadedModule.load(fixture('tasks.ts'))
    expect((await failure(() => module.task('limit'))).message).toContain('is no task')
    expect((await failure(() => module.task('setup'))).message).toContain('is no task')
    expect((await failure(() => module.task('nope'))).message).toContain('is not exported')
  })
})

describe('a task module that cannot be loaded', () => {
  const load = (name: string) => failure(() => LoadedModule.load(fixture(name)))

  test('because it throws says what it threw, and has it as the cause', async () => {
    const error = await load('throws.js')
    expect(error).toBeInstanceOf(TaskModuleError)
    expect(error.code).toBe('ERR_THREEPLY_TASK_MODULE')
    expect(error.message).toContain('throws.js cannot be loaded: RangeError: never works. ')
    expect(error.message).not.toContain('\n')
    expect(error.cause).toBeInstanceOf(RangeError)
    expect(error.cause).toHaveProperty('code', 'ERR_FIXTURE')
  })

  test('because it throws what is no error says that too', async () => {
    const error = await load('throws-text.js')
    expect(error.message).toContain("cannot be loaded: 'just text'. ")
    expect(error.cause).toBe('just text')
  })

  test('fails the second time as the first', async () => {
    expect((await load('throws.js')).message).toBe((await load('throws.js')).message)
  })

  test.each(['no-such-file.js', 'imports-missing.js'])(
    'because a file is missing names it: %s',
    async (name) => {
      const error = await load(name)
      expect(error).toBeInstanceOf(TaskModuleError)
      expect(error.message).toMatch(/no-such-\w+\.js/)
      expect(error.cause).toBeInstanceOf(Error)
    },
  )
})

describe('the URL of a task module', () => {
  test.each([
    ['a URL', new URL('file:///tasks.js?v=1'), 'file:///tasks.js?v=1'],
    ['a file: URL as a string', 'file:///with%20space/tasks.js', 'file:///with%20space/tasks.js'],
    ['a data: URL', 'data:text/javascript,export{}', 'data:text/javascript,export{}'],
    [
      'an absolute path',
      '/with space/#1/100%/tasks.js',
      'file:///with%20space/%231/100%25/tasks.js',
    ],
  ])('may be %s', (_what, module, url) => {
    expect(taskModuleUrl('ForkJoinPool', module)).toBe(url)
  })

  test.each([
    ['./tasks.js'],
    ['tasks.js'],
    [''],
    ['node:fs'],
    [new URL('http://[::1]/tasks.js')],
    [undefined],
    [null],
    [42],
    [{}],
  ])('%s is refused with what it takes', async (module) => {
    const error = await failure(() => taskModuleUrl('ForkJoinPool', module))
    expect(error).toMatchObject({ code: 'ERR_THREEPLY_INVALID_OPTION', option: 'module' })
    expect(error.message).toMatch(/^module of ForkJoinPool is .*new URL\('\.\/tasks\.js'/)
  })
})
