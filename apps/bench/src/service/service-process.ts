/**
 * A service in a process of its own, with a knee: so many servers, each busy with one request at a
 * time, and a queue before them that takes so many more; what is beyond is refused with 503.
 * Told what to be by its parent's messages; answers each with its port, and says it once at first.
 */
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What its parent tells it. */
export interface ServiceSettings {
  /** With 0, requests queue until there are some. */
  readonly servers: number
  /** How many may queue. */
  readonly room: number
  /** The mean time of a request, in milliseconds; each takes half to one and a half of it. 0: at once. */
  readonly serviceTime: number
}

let settings: ServiceSettings = { servers: 1, room: 0, serviceTime: 0 }
let busy = 0
const queue: ServerResponse[] = []

const server = createServer((_request, response) => {
  if (settings.serviceTime === 0) {
    response.end('served')
  } else if (busy < settings.servers || queue.length < settings.room) {
    queue.push(response)
    serve()
  } else {
    response.writeHead(503).end()
  }
})

function serve(): void {
  while (busy < settings.servers) {
    const response = queue.shift()
    if (response === undefined) return
    busy += 1
    setTimeout(() => end(response), settings.serviceTime * (0.5 + Math.random()))
  }
}

function end(response: ServerResponse): void {
  response.end('served')
  busy -= 1
  serve()
}

process.on('message', (told: ServiceSettings) => {
  settings = told
  serve()
  answer()
})
process.once('disconnect', () => process.exit())
server.listen(0, '127.0.0.1', answer)

function answer(): void {
  process.send!((server.address() as AddressInfo).port)
}
