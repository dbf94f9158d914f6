/** Requests to a real server, through an executor. */
import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { failure, rejection, turns, until } from '@threeply/conformance'
import { AsyncExecutor, wrapFetch } from '@threeply/executor'
import { afterEach, expect, test } from 'vitest'
import { Gate } from './fixtures/gate.ts'

const servers: Server[] = []

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    server.close()
  }
})

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  servers.push(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

test('as many requests at a time as the limit, and as many to each origin as its own', async () => {
  const gate = new Gate()
  const open: string[] = []
  const hold: RequestListener = async (request, response) => {
    open.push(request.headers.host!)
    await gate.wait(undefined)
    response.end(request.url)
  }
  const [a, b] = [await serve(hold), await serve(hold)]
  const executor = new AsyncExecutor({ concurrency: 3, keyConcurrency: 2 })
  const limited = wrapFetch(executor)
  const responses = [
    limited(`${a}/1`),
    limited(new URL('/2', a)),
    limited(new Request(`${a}/3`)),
    limited(`${b}/4`),
    limited(`${b}/5`),
  ]
  await until(() => open.length === 3, 'three to be open')
  await turns()
  expect(open.map((host) => `http://${host}`).sort()).toEqual([a, a, b].sort())
  gate.open()
  const texts = await Promise.all(responses.map(async (response) => (await response).text()))
  expect(texts).toEqual(['/1', '/2', '/3', '/4', '/5'])
})

test('a slot is held until the headers have come, and the body is read without', async () => {
  const gate = new Gate()
  const origin = await serve(async (_request, response) => {
    response.write('first ')
    await gate.wait(undefined)
    response.end('second')
  })
  const executor = new AsyncExecutor({ concurrency: 1 })
  const limited = wrapFetch(executor)
  const left = await limited(origin)
  await executor.onIdle()
  const right = await limited(origin)
  gate.open()
  expect(await Promise.all([left.text(), right.text()])).toEqual(['first second', 'first second'])
})

test('a signal ends a request in the queue, at the server, and while its body is read', async () => {
  let requests = 0
  const origin = await serve((request, response) => {
    requests += 1
    if (request.url === '/body') response.write('first')
  })
  const executor = new AsyncExecutor({ concurrency: 1 })
  const limited = wrapFetch(executor)
  const controllers = [new AbortController(), new AbortController(), new AbortController()]
  const [atServer, queued, reading] = controllers.map(({ signal }) => ({ signal }))
  const first = rejection(limited(origin, atServer))
  const second = rejection(limited(new Request(origin, queued)))
  await until(() => requests === 1, 'the first request')
  controllers[1]!.abort()
  expect(await second).toHaveProperty('name', 'AbortError')
  controllers[0]!.abort()
  expect(await first).toBe(controllers[0]!.signal.reason)
  const response = await limited(`${origin}/body`, reading)
  const text = rejection(response.text())
  controllers[2]!.abort()
  expect(await text).toHaveProperty('name', 'AbortError')
  expect(requests).toBe(2)
  await executor.onIdle()
})

test.each([429, 503])('%d is tried again, not before Retry-After', async (status) => {
  const times: number[] = []
  const origin = await serve((_request, response) => {
    times.push(performance.now())
    if (times.length > 1) response.end('done')
    else response.writeHead(status, { 'Retry-After': '1' }).end('later')
  })
  const executor = new AsyncExecutor({ concurrency: 1 })
  const limited = wrapFetch(executor, { retry: { attempts: 3, minDelay: 0 } })
  const response = await limited(origin)
  expect(await response.text()).toBe('done')
  expect(times).toHaveLength(2)
  expect(times[1]! - times[0]!).toBeGreaterThanOrEqual(990) // the server's clock is read a little later
})

test('the last answer is given as it is, and all others at once', async () => {
  let requests = 0
  const origin = await serve((request, response) => {
    requests += 1
    request.resume()
    response.writeHead(request.url === '/missing' ? 404 : 503).end(`answer ${requests}`)
  })
  const executor = new AsyncExecutor({ concurrency: 1 })
  const limited = wrapFetch(executor, { retry: { attempts: 3, minDelay: 0, maxDelay: 1 } })
  const last = await limited(origin)
  expect([last.status, await last.text()]).toEqual([503, 'answer 3'])
  expect((await limited(`${origin}/missing`)).status).toBe(404)
  expect((await limited(origin, { method: 'POST', body: 'once' })).status).toBe(503)
  const body = new ReadableStream({ start: (controller) => controller.close() })
  const init: RequestInit = { method: 'PUT', body, duplex: 'half' }
  expect((await limited(origin, init)).status).toBe(503)
  expect(requests).toBe(6)
  expect((await limited(origin, { method: 'PUT', body: 'twice' })).status).toBe(503)
  expect(requests).toBe(9)
})

test('what fetch throws is tried again too, and is what it rejects with', async () => {
  let calls = 0
  const broken = new TypeError('fetch failed')
  const executor = new AsyncExecutor({ concurrency: 1 })
  const send = async () => {
    calls += 1
    throw broken
  }
  const retry = { attempts: 3, minDelay: 0, maxDelay: 0 }
  expect(await rejection(wrapFetch(executor, { fetch: send, retry })('http://a.test'))).toBe(broken)
  expect(calls).toBe(3)
  const unwanted = { ...retry, retryable: () => false }
  expect(
    await rejection(wrapFetch(executor, { fetch: send, retry: unwanted })('http://a.test')),
  ).toBe(broken)
  expect(calls).toBe(4)
  expect((await failure(wrapFetch(executor)('no url'))).name).toBe('TypeError')
})

test('a request that ends before it is sent again leaves no connection behind', async () => {
  let open = 0
  const origin = await serve((_request, response) => {
    open += 1
    response.on('close', () => {
      open -= 1
    })
    response.writeHead(503, { 'Retry-After': '20' })
    response.write('a body that does not end')
  })
  const executor = new AsyncExecutor({ concurrency: 1 })
  const responses: Response[] = [] // what is garbage is closed in any case, sooner or later
  const limited = wrapFetch(executor, {
    retry: { attempts: 2 },
    async fetch(...args) {
      const response = await fetch(...args)
      responses.push(response)
      return response
    },
  })
  const answer = rejection(limited(origin))
  await until(() => open === 1 && executor.waiting === 1, 'it to be put off')
  await executor.destroy()
  expect(await answer).toMatchObject({ code: 'ERR_THREEPLY_CLOSED' })
  await until(() => open === 0, 'the connection to be closed')
  expect(responses).toHaveLength(1)
})
