import { mkdtempSync, rmSync } from 'node:fs'
import { connect as connectSocket, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { makeLeaf, makeRootCa, type CertifiedKey } from '../../src/lib/certificates.ts'
import { systemClock, type Clock } from '../../src/lib/clock.ts'
import { systemTimers } from '../../src/lib/timers.ts'
import type { Denial } from '../../src/model/denial.ts'
import type { BoundAgent, Received } from '../../src/proxy/exchange.ts'
import { openInterceptionCa, type InterceptionCa } from '../../src/proxy/listener/interception-ca.ts'
import {
  DEFAULT_LIMITS, type ConnectRequest, type ConnectVerdict, type Listener, type ListenerLimits, type ListenerTls, type OpaqueTunnel, type Failure, type Refusal,
} from '../../src/proxy/listener/listener-options.ts'
import { startListener } from '../../src/proxy/listener/listener.ts'

export interface HarnessOptions {
  readonly address?: string
  readonly socksAddress?: string
  readonly tls?: ListenerTls
  readonly bound?: BoundAgent
  readonly limits?: Partial<ListenerLimits>
  readonly hosts?: readonly string[]
  readonly clock?: Clock
  readonly exchange?: (received: Received) => void
  readonly authorizeConnect?: (connect: ConnectRequest) => ConnectVerdict | Denial | Promise<ConnectVerdict | Denial>
  readonly openTunnel?: (tunnel: OpaqueTunnel) => void
  readonly allowPlaintext?: boolean
}

export interface Harness {
  readonly listener: Listener
  readonly ca: InterceptionCa
  readonly roots: string
  readonly received: Received[]
  readonly refused: Refusal[]
  readonly failed: Failure[]
  readonly connects: ConnectRequest[]
  readonly broken: unknown[]
  dropped: number
  close(): Promise<void>
}

/** A listener on a free loopback port whose sink keeps what it is told and answers what was accepted. */
export async function startHarness(options: HarnessOptions = {}): Promise<Harness> {
  const directory = mkdtempSync(join(tmpdir(), 'postern-listener-'))
  let roots: readonly string[] = []
  const clock = options.clock ?? systemClock
  const ca = await openInterceptionCa({
    directory,
    hosts: options.hosts ?? ['api.example.com', 'other.example.com'],
    clock,
    onRootsChanged: (changed) => { roots = changed },
    onRotationFailed: (error) => { throw error },
  })
  const received: Received[] = []
  const refused: Refusal[] = []
  const failed: Failure[] = []
  const connects: ConnectRequest[] = []
  const broken: unknown[] = []
  const state = { dropped: 0 }
  const listener = await startListener(
    {
      address: options.address ?? '127.0.0.1:0',
      socksAddress: options.socksAddress,
      tls: options.tls,
      allowPlaintext: options.allowPlaintext ?? false,
      bound: options.bound,
      limits: { ...DEFAULT_LIMITS, ...options.limits },
    },
    {
      clock,
      timers: systemTimers,
      ca,
      sink: {
        exchange: (one) => {
          received.push(one)
          ;(options.exchange ?? echo)(one)
        },
        refused: (refusal) => { refused.push(refusal) },
        failed: (failure) => { failed.push(failure) },
        dropped: () => { state.dropped += 1 },
        broken: (error) => { broken.push(error) },
      },
      authorizeConnect: (connect) => {
        connects.push(connect)
        return (options.authorizeConnect ?? (({ port }) => (port === 80 ? 'plain' : 'intercept')))(connect)
      },
      openTunnel: options.openTunnel ?? (({ socket }) => socket.destroy()),
    },
  )
  return {
    listener, ca, roots: roots.join(''), received, refused, failed, connects, broken,
    get dropped() { return state.dropped },
    close: async () => {
      await listener.close({ graceMs: 0 })
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

/** Reads the body whole and answers 200 with what was canonical about the request. */
export function echo({ client, request, prefix }: Received): void {
  client.sendContinue()
  const chunks: Buffer[] = []
  client.body.on('data', (chunk: Buffer) => chunks.push(chunk))
  client.body.on('end', () => {
    const body = JSON.stringify({ ...request, prefix, body: Buffer.concat(chunks).toString('latin1') })
    client.answer(200, ['content-type', 'application/json'], Buffer.from(body))
  })
}

/** Sends bytes on a fresh connection and reads until the listener closes it, or has answered `answers` times. */
export function sendRaw(port: number, bytes: string | Buffer, answers = 1): Promise<string> {
  const socket = connectSocket(port, '127.0.0.1')
  socket.once('connect', () => socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes))
  return readAnswers(socket, answers)
}

/** Reads whole answers (by their Content-Length) until there are as many, or the other side closes. */
export function readAnswers(socket: Socket, answers: number): Promise<string> {
  return new Promise((resolve) => {
    let text = ''
    const done = (): void => {
      socket.off('data', onData)
      resolve(text)
    }
    const onData = (chunk: Buffer): void => {
      text += chunk.toString('latin1')
      if (wholeAnswers(text) < answers) return
      socket.destroy()
      done()
    }
    socket.on('data', onData)
    socket.on('error', () => undefined)
    socket.once('close', done)
    socket.resume()
  })
}

/** How many complete answers the text holds; interim ones do not count. */
export function wholeAnswers(text: string): number {
  let count = 0
  let rest = text
  for (;;) {
    const end = rest.indexOf('\r\n\r\n')
    if (end === -1) return count
    const head = rest.slice(0, end)
    const length = Number(/^content-length: (\d+)$/im.exec(head)?.[1] ?? 0)
    if (rest.length < end + 4 + length) return count
    if (!/^HTTP\/1\.1 1\d\d/.test(head)) count += 1
    rest = rest.slice(end + 4 + length)
  }
}

/** Status and code of the first answer. */
export function told(text: string): { readonly status: number; readonly code: string | undefined; readonly close: boolean } {
  return {
    status: Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0),
    code: /"code":"([a-z_]+)"/.exec(text)?.[1],
    close: /^connection: close\r$/im.test(text),
  }
}

/** Opens a tunnel. @returns the socket after the answer, and the answer's head */
export function openConnect(port: number, target: string, fields = ''): Promise<{ readonly socket: Socket; readonly head: string }> {
  const socket = connectSocket(port, '127.0.0.1')
  socket.once('connect', () => socket.write(`CONNECT ${target} HTTP/1.1\r\n${fields}\r\n`))
  return untilHead(socket)
}

export function untilHead(socket: Socket): Promise<{ readonly socket: Socket; readonly head: string }> {
  return new Promise((resolve, reject) => {
    let text = ''
    const onData = (chunk: Buffer): void => {
      text += chunk.toString('latin1')
      if (!text.includes('\r\n\r\n')) return
      socket.off('data', onData)
      socket.pause()
      resolve({ socket, head: text })
    }
    socket.on('data', onData)
    socket.once('error', reject)
    socket.once('close', () => reject(new Error(`closed before an answer: ${text}`)))
  })
}

/** TLS through a tunnel, verified against our roots. */
export async function tlsThrough(harness: Harness, target: string, options: { readonly servername?: string; readonly session?: Buffer; readonly fields?: string } = {}): Promise<TLSSocket> {
  const { socket, head } = await openConnect(harness.listener.port, target, options.fields)
  if (!head.startsWith('HTTP/1.1 200')) throw new Error(head)
  const host = (target.split(':')[0] ?? '').toLowerCase()
  const secure = connectTls({
    socket,
    ca: harness.roots,
    ...(options.servername === '' ? { host } : { servername: options.servername ?? host }),
    ...(options.session === undefined ? {} : { session: options.session }),
    ALPNProtocols: ['http/1.1'],
    // The name is that of the tunnel, whatever server name was sent.
    checkServerIdentity: (_, certificate) => (certificate.subjectaltname === `DNS:${host}` ? undefined : new Error(`a certificate for ${certificate.subjectaltname}`)),
  })
  await new Promise<void>((resolve, reject) => {
    secure.once('secureConnect', resolve)
    secure.once('error', reject)
  })
  return secure
}

/** Writes bytes and reads one answer. */
export function ask(socket: Socket, bytes: string, answers = 1): Promise<string> {
  socket.write(Buffer.from(bytes, 'latin1'))
  return readAnswers(socket, answers)
}

const DAY_MS = 86_400_000

export interface Identities {
  readonly root: CertifiedKey
  readonly server: CertifiedKey
  client(options: { readonly uris?: readonly string[]; readonly notAfterMs?: number; readonly issuer?: CertifiedKey }): Promise<CertifiedKey>
}

/** A test authority with a server certificate for this machine. */
export async function makeIdentities(): Promise<Identities> {
  const validity = { notBeforeMs: Date.now() - DAY_MS, notAfterMs: Date.now() + DAY_MS }
  const root = await makeRootCa({ commonName: 'test root', ...validity })
  const server = await makeLeaf({ commonName: 'local', issuer: root, usage: 'server', dnsNames: ['localhost'], ipAddresses: ['127.0.0.1'], ...validity })
  return {
    root,
    server,
    client: ({ uris = [], notAfterMs = validity.notAfterMs, issuer = root }) =>
      makeLeaf({ commonName: 'pr-reviewer', organisation: 'Acme', issuer, usage: 'client', uris, notBeforeMs: validity.notBeforeMs, notAfterMs }),
  }
}
