/** What Node itself says of a module, without vitest between: in a process of its own. */
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, expect, test } from 'vitest'

const run = promisify(execFile)
const src = new URL('../src/', import.meta.url)
const fixture = (name: string): string => new URL(`./fixtures/${name}`, import.meta.url).href

const folder = mkdtempSync(join(tmpdir(), 'threeply-loading-'))
afterAll(() => rmSync(folder, { recursive: true }))

interface Loaded {
  readonly code: string
  readonly message: string
  readonly cause: string
}

/** Loads a module in a fresh process, and tells the error. */
async function load(
  module: string,
  loader: URL = new URL('module-loading.ts', src),
  ...flags: string[]
): Promise<Loaded> {
  const program = `
    import { LoadedModule } from '${loader}'
    const error = await LoadedModule.load('${module}').catch((error) => error)
    console.log(JSON.stringify({ code: error.code, message: error.message, cause: error.cause?.code }))
  `
  const args = [...flags, '--input-type=module', '--eval', program]
  const { stdout } = await run(process.execPath, args, { env: { PATH: process.env.PATH } })
  return JSON.parse(stdout) as Loaded
}

test('syntax that Node does not strip is explained', async () => {
  const { code, message, cause } = await load(fixture('enum.ts'))
  expect(code).toBe('ERR_THREEPLY_TASK_MODULE')
  expect(cause).toBe('ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX')
  expect(message).toContain('Node strips types and no more: leave out enum')
})

test('TypeScript in node_modules is explained', async () => {
  mkdirSync(join(folder, 'node_modules'))
  const file = join(folder, 'node_modules', 'tasks.ts')
  writeFileSync(file, 'export const echo = (value: unknown): unknown => value')
  const { message, cause } = await load(pathToFileURL(file).href)
  expect(cause).toBe('ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING')
  expect(message).toContain('Node strips no types in node_modules: give the compiled .js file.')
})

test('TypeScript on a Node that cannot run it is explained', async () => {
  writeJavaScript(join(folder, 'src'))
  const loader = pathToFileURL(join(folder, 'src', 'module-loading.js'))
  const { message, cause } = await load(fixture('tasks.ts'), loader, '--no-strip-types')
  expect(cause).toBe('ERR_UNKNOWN_FILE_EXTENSION')
  expect(message).toContain('cannot run TypeScript: use Node 22.18 or newer')
})

test('a missing file is explained', async () => {
  const { message, cause } = await load(fixture('no-such-file.js'))
  expect(cause).toBe('ERR_MODULE_NOT_FOUND')
  expect(message).toContain('Check its path, and the paths of what it imports.')
})

test('a syntax error is the cause', async () => {
  const { message } = await load('data:text/javascript,export function (')
  expect(message).toContain('cannot be loaded: SyntaxError: ')
})

/** The sources as JavaScript, for a Node that is told not to strip types. */
function writeJavaScript(to: string): void {
  mkdirSync(to)
  writeFileSync(join(to, 'package.json'), '{ "type": "module" }')
  for (const name of readdirSync(src)) {
    const stripped = stripTypeScriptTypes(readFileSync(new URL(name, src), 'utf8'))
    const javaScript = stripped.replaceAll(/(from '\.\/[\w-]+)\.ts'/g, "$1.js'")
    writeFileSync(join(to, name.replace(/\.ts$/, '.js')), javaScript)
  }
}

test('a file that is still TypeScript is found beside the missing one', async () => {
  const { message, cause } = await load(fixture('tasks.js'))
  expect(cause).toBe('ERR_MODULE_NOT_FOUND')
  expect(message).toContain('There is a tasks.ts beside it: build it, or name that')
})

test('what a good module imports is told from the module', async () => {
  const cases = {
    'folder.mjs': './folder',
    'json.mjs': './some.json',
    'missing.js': './nothing.js',
  }
  mkdirSync(join(folder, 'folder'))
  writeFileSync(join(folder, 'some.json'), '{}')
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  writeFileSync(join(folder, 'missing.ts'), '')
  for (const [name, imported] of Object.entries(cases)) {
    writeFileSync(join(folder, name), `import '${imported}'`)
    const { message } = await load(pathToFileURL(join(folder, name)).href)
    expect(message).toMatch(/Check (what it imports|its path, and the paths of what it imports)\.$/)
  }
})

test.each(['data.json', 'page.tsx', ''])('what is no program is told so (%s)', async (name) => {
  if (name !== '') writeFileSync(join(folder, name), '{}')
  const { message } = await load(pathToFileURL(join(folder, name)).href)
  expect(message).toContain('Give a .js, .mjs, .cjs or .ts file.')
})

test('of a syntax error, in what it imports too, Node tells the place', async () => {
  writeFileSync(join(folder, 'broken.mjs'), 'export const = 1')
  writeFileSync(join(folder, 'imports.mjs'), "import './broken.mjs'")
  for (const name of ['broken.mjs', 'imports.mjs']) {
    const file = join(folder, name)
    const { message } = await load(pathToFileURL(file).href)
    expect(message).toContain(`\`node ${file}\` tells in which file and line`)
  }
})
