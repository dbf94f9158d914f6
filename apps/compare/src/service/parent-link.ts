/** A server's link to the process that started it: it tells where it listens, and ends with it. */
import { rmSync } from 'node:fs'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What the server tells once it listens. */
export interface Started {
  readonly url: string
  /** Where it keeps files for as long as it runs. */
  readonly folder?: string
}

/** What `startServer` was given. */
export function settingsFromParent<Settings>(): Settings {
  return JSON.parse(process.argv[2] ?? '{}') as Settings
}

/**
 * Listens on a free port of loopback and tells the parent. When the parent closes the link or is gone,
 * killed without warning included, this process removes `folder` and exits.
 */
export function serveUntilParentEnds(server: Server, folder?: string): void {
  process.on('exit', () => {
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true })
  })
  process.on('disconnect', () => process.exit())
  process.on('SIGTERM', () => process.exit())
  // Ctrl-C reaches every process of the terminal; the parent decides what it means.
  process.on('SIGINT', () => {})
  if (process.send === undefined || !process.connected) process.exit()
  server.keepAliveTimeout = 0 // a client that reuses a connection must never find it closed
  server.listen(0, '127.0.0.1', () => {
    const { port } = server.address() as AddressInfo
    const url = `http://127.0.0.1:${port}`
    const started: Started = folder === undefined ? { url } : { url, folder }
    process.send!(started)
  })
}
