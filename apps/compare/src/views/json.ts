/** The report as JSON, for programs: versioned, with everything that was measured. */
import type { Report } from '../report.ts'

/** Changes when a reader of the former one would misread this one. */
const SCHEMA = 'threeply.compare/1'

export function renderJson({ machine, options, claims }: Report): string {
  const document = {
    schema: SCHEMA,
    machine,
    options,
    claims: claims.map(({ id, slug, question, refutedBy, verdict, condition, evidence, data }) => ({
      id,
      slug,
      question,
      refutedBy,
      verdict,
      condition, // absent from the JSON where there is none
      evidence,
      data,
    })),
  }
  return `${JSON.stringify(document, null, 2)}\n`
}
