/** The service that the IO experiments call: ours, or the user's. */
import type { Bench } from '../measure/bench.ts'
import { ITEM_COUNT } from './item-store.ts'
import { type ServerProcess, startServer } from './server-process.ts'
import type { ServiceTimes } from './service-time.ts'

export interface ItemServiceSettings extends ServiceTimes {
  readonly input?: string | undefined
}

/** Something to call. */
export interface Service extends AsyncDisposable {
  /** What to GET as request number `index`; ours waits equally long for equal numbers. */
  requestUrl(index: number): string
  readonly isOurs: boolean
}

/** Starts our service, unless the user has given one with `--url`. */
export async function openService(
  { options, signal }: Bench,
  times: Omit<ServiceTimes, 'seed'>,
): Promise<Service> {
  const { url, seed, input } = options
  if (url !== undefined) {
    return { requestUrl: () => url, isOurs: false, [Symbol.asyncDispose]: async () => {} }
  }
  const server = await startItemService({ ...times, seed, input }, signal)
  return {
    requestUrl: (index) => `${server.url}/item/${index % ITEM_COUNT}`,
    isOurs: true,
    [Symbol.asyncDispose]: server.close,
  }
}

export function startItemService(
  settings: ItemServiceSettings,
  signal: AbortSignal,
): Promise<ServerProcess> {
  return startServer(new URL('./item-service.ts', import.meta.url), settings, signal)
}
