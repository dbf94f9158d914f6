/** The curves of limits that adapt, as a picture: limit, throughput and p99 over time. */
import { parse, View } from 'vega'
import { compile, type TopLevelSpec } from 'vega-lite'
import { type ServiceRun, stretchOf } from '../measure/service-run.ts'

/** The width of a point in time, in milliseconds. */
const BIN = 500

/** Of the three algorithms, and of the best fixed limit. */
const COLORS = ['#d95f02', '#1b9e77', '#7570b3', '#888888']
const DASHES = [...COLORS.slice(1).map(() => [1, 0]), [5, 3]]

/**
 * @param end When the runs ended, in milliseconds.
 * @returns The picture, as SVG.
 */
export async function picture(
  runs: readonly { readonly name: string; readonly run: ServiceRun }[],
  end: number,
): Promise<string> {
  const names = runs.map(({ name }) => name)
  const bins = Array.from({ length: Math.floor(end / BIN) }, (_, index) => index * BIN)
  const limits = runs.flatMap(({ name, run }) =>
    run.limits.map(({ at, limit }) => ({ second: at / 1_000, value: limit, name })),
  )
  const binned = (figure: 'throughput' | 'p99') =>
    runs.flatMap(({ name, run }) =>
      bins.map((from) => {
        const value = Math.round(stretchOf(run, from, from + BIN)[figure])
        return { second: (from + BIN) / 1_000, value, name }
      }),
    )
  const panel = (title: string, values: object[], height: number) => ({
    width: 640,
    height,
    data: { values },
    mark: { type: 'line' as const, interpolate: 'step-before' as const, strokeWidth: 1.5 },
    encoding: {
      x: {
        field: 'second',
        type: 'quantitative' as const,
        title: 'seconds',
        scale: { domain: [0, end / 1_000] },
      },
      y: { field: 'value', type: 'quantitative' as const, title },
      color: {
        field: 'name',
        title: null,
        scale: { domain: names, range: COLORS },
        legend: { orient: 'top' as const },
      },
      strokeDash: { field: 'name', title: null, scale: { domain: names, range: DASHES } },
    },
  })
  const specification: TopLevelSpec = {
    background: 'white',
    vconcat: [
      panel('concurrency limit', limits, 200),
      panel('requests a second', binned('throughput'), 110),
      panel('p99, milliseconds', binned('p99'), 110),
    ],
  }
  const view = new View(parse(compile(specification).spec), { renderer: 'none' })
  const svg = await view.toSVG()
  view.finalize()
  return `${svg}\n`
}
