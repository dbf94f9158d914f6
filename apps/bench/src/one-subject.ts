/**
 * One subject of one case in a process of its own: prints `{"figure":…}` on stdout, or says on
 * stderr what went wrong and exits with 1. Arguments: folder, suite, case, subject, items.
 */
import { loadSuite } from './suite-folder.ts'

const [folder, suiteName, caseName, subjectName, items] = process.argv.slice(2)
try {
  const suite = await loadSuite(folder!, suiteName!)
  const subject = suite.cases
    .find(({ name }) => name === caseName)
    ?.subjects.find(({ name }) => name === subjectName)
  if (!subject) throw new Error(`${suiteName} has no subject '${caseName}' '${subjectName}'`)
  const figure = await subject.measure(Number(items))
  process.stdout.write(`${JSON.stringify({ figure })}\n`, () => process.exit())
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.stack : error}\n`, () => process.exit(1))
}
