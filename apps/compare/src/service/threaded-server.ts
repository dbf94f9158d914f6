/**
 * The program of a small multithreaded server, with a light route and a heavy one: `/heavy/here` does
 * the work on the thread that also serves everybody else, `/heavy/thread` gives it to a detached one.
 */
import { createServer, type ServerResponse } from 'node:http'
import { DetachedRunner } from '@threeply/detached'
import { loadCorpus } from '../workloads/corpus.ts'
import { type WordStatistics, wordStatistics } from '../workloads/text-tasks.ts'
import { serveUntilParentEnds, settingsFromParent } from './parent-link.ts'

export interface ThreadedServerSettings {
  readonly input?: string | undefined
  /** How many characters' words the heavy route counts. */
  readonly characters: number
}

const { input, characters } = settingsFromParent<ThreadedServerSettings>()
const text = await (await loadCorpus(input)).textOfLength(characters)
const runner = new DetachedRunner<typeof import('../workloads/text-tasks.ts')>(
  new URL('../workloads/text-tasks.ts', import.meta.url),
  { spares: 1 },
)

const routes: Readonly<Record<string, () => Promise<WordStatistics> | WordStatistics | string>> = {
  '/light': () => 'here I am',
  '/heavy/here': () => wordStatistics(text),
  '/heavy/thread': () => runner.spawn('wordStatistics', text).join(),
}

async function answer(url: string, response: ServerResponse): Promise<void> {
  const route = routes[url]
  if (route === undefined) response.writeHead(404).end()
  else response.end(JSON.stringify(await route()))
}

serveUntilParentEnds(createServer((request, response) => void answer(request.url!, response)))
