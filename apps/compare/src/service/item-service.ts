/**
 * The program of the service that the IO experiments call: `/item/17` reads item 17 from the
 * database, waits for its service time, as if a disk or another service were behind it, and answers.
 */
import { createServer, type ServerResponse } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import { loadCorpus } from '../workloads/corpus.ts'
import { FINISHED, SERVICE_TIME } from './headers.ts'
import { openItemStore } from './item-store.ts'
import { serveUntilParentEnds, settingsFromParent } from './parent-link.ts'
import type { ItemServiceSettings } from './service.ts'
import { serviceTime } from './service-time.ts'

const { input, ...times } = settingsFromParent<ItemServiceSettings>()
const store = await openItemStore(await loadCorpus(input))
let finished = 0

async function answer(url: string, response: ServerResponse): Promise<void> {
  const id = /^\/item\/(\d+)$/.exec(url)?.[1]
  const item = id === undefined ? undefined : store.find(Number(id))
  if (item === undefined) {
    response.writeHead(404).end()
    return
  }
  const milliseconds = serviceTime(item.id, times)
  await wait(milliseconds)
  finished += 1
  response.writeHead(200, {
    'content-type': 'application/json',
    [SERVICE_TIME]: milliseconds,
    [FINISHED]: finished,
  })
  response.end(JSON.stringify(item))
}

const server = createServer((request, response) => void answer(request.url ?? '/', response))
serveUntilParentEnds(server, store.folder)
