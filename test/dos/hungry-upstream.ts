import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createGzip } from 'node:zlib'
import { makeStandInCa, serverIdentity } from '../../src/demo/server/certificates.ts'

export const HUNGRY_HOST = 'hungry.internal'
const PIECE = Buffer.alloc(65_536, 'x')
const ZEROS = Buffer.alloc(1_048_576)
const BOMB_MEGABYTES = 512

/** Where an upstream of this kind is, as a configuration says it. */
export interface HungryAddress {
  /** Of the integration; its host is `NAME.internal`. */
  readonly name: string
  readonly port: number
  readonly caFile: string
  readonly keyFile: string
}

/** An upstream that takes whatever is sent to it, and answers without end where it is asked to. */
export interface HungryUpstream {
  readonly address: HungryAddress
  /** Puts it into a configuration's text as the integration of its name. */
  config(text: string): string
  /** Bytes of requests' bodies that came, and of answers that went. */
  readonly moved: { in: number; out: number }
  close(): Promise<void>
}

/** `/v1/ok`, `/v1/endless`, `/v1/bomb` (gzip), `/v1/sink`, `/v1/bytes/N`. */
export async function startHungryUpstream(name = 'hungry'): Promise<HungryUpstream> {
  const directory = await mkdtemp(join(tmpdir(), 'postern-hungry-'))
  const ca = await makeStandInCa()
  const caFile = join(directory, 'ca.pem')
  const keyFile = join(directory, 'key')
  await writeFile(caFile, ca.certificatePem)
  await writeFile(keyFile, 'a-key-that-nobody-sees', { mode: 0o600 })
  const moved = { in: 0, out: 0 }
  const server = createServer(await serverIdentity(ca, [`${name}.internal`]), (request, response) => answer(request, response, moved))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = { name, port: (server.address() as AddressInfo).port, caFile, keyFile }
  return {
    moved,
    address,
    config: (text) => withHungry(text, address),
    close: async () => {
      server.closeAllConnections()
      server.close()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

/** A configuration's text with the integration that is there. */
export function withHungry(text: string, address: HungryAddress): string {
  return text
    .replace('tickets.internal.acme.com', `tickets.internal.acme.com, ${address.name}.internal`)
    .replace('integrations:\n', `integrations:\n${integrationText(address)}`)
}

function integrationText({ name, port, caFile, keyFile }: HungryAddress): string {
  return `  ${name}:
    type: routes
    origin: https://${name}.internal
    credential: { secret: { file: ${JSON.stringify(keyFile)} }, placement: { in: header } }
    routes:
      - { route: "GET /v1/{+rest}", access: read, scopes: [any:read] }
      - { route: "POST /v1/{+rest}", access: write, scopes: [any:write] }
    connect: { address: "127.0.0.1:${port}", allow_addresses: ["127.0.0.1/32"], ca: { file: ${JSON.stringify(caFile)} } }
`
}

function answer(request: IncomingMessage, response: ServerResponse, moved: HungryUpstream['moved']): void {
  response.on('error', () => undefined)
  request.on('error', () => undefined)
  request.on('data', (chunk: Buffer) => {
    moved.in += chunk.length
  })
  const [, , what, count] = (request.url ?? '').split('/')
  switch (what) {
    case 'endless': return pour(response, Infinity, moved)
    case 'bytes': {
      response.setHeader('content-length', Number(count))
      return pour(response, Number(count), moved)
    }
    case 'bomb': return explode(response)
    default: request.once('end', () => response.end('{"ok":true}'))
  }
}

/** As fast as it is taken, and no faster. */
function pour(response: ServerResponse, bytes: number, moved: HungryUpstream['moved']): void {
  let left = bytes
  const more = (): void => {
    while (left > 0 && !response.destroyed) {
      const piece = left >= PIECE.length ? PIECE : PIECE.subarray(0, left)
      left -= piece.length
      moved.out += piece.length
      if (!response.write(piece)) return void response.once('drain', more)
    }
    if (left <= 0) response.end()
  }
  more()
}

/** Half a gigabyte of zeros in half a megabyte. */
function explode(response: ServerResponse): void {
  response.setHeader('content-encoding', 'gzip')
  response.setHeader('content-type', 'application/json')
  const gzip = createGzip({ level: 9 })
  gzip.pipe(response)
  let left = BOMB_MEGABYTES
  const more = (): void => {
    while (left > 0 && !response.destroyed) {
      left -= 1
      if (!gzip.write(ZEROS)) return void gzip.once('drain', more)
    }
    gzip.end()
  }
  more()
}
