import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeStandInCa, serverIdentity } from '../../src/demo/server/certificates.ts'
import type { ConsentDetail } from '../../src/model/principal.ts'
import { agentRules } from './policies.ts'
import { startRecordingUpstream } from './recording-upstream.ts'

/** One request as it arrived: bytes, as Latin-1. */
export interface RecordedRequest {
  readonly method: string
  readonly target: string
  /** Lines as they came, the request line left out. */
  readonly lines: readonly string[]
  readonly body: string
}

/** An upstream of the test's own, served as the integration `recorder` at https://recorder.internal. */
export interface Recorder {
  readonly port: number
  readonly secret: string
  readonly requests: RecordedRequest[]
  /** Every byte that came, one text a connection. */
  readonly received: readonly string[]
  connections(): number
  /** Writes the answer to each request; may be replaced. */
  respond: (socket: Socket, request: RecordedRequest) => void
  /** Puts the integration into a configuration's text. */
  readonly config: (text: string) => string
  /** A policy that lets agent:pr-reviewer use all of it, the key lent by the organisation; for `policiesWith`. */
  readonly policies: Readonly<Record<string, string>>
  close(): Promise<void>
}

export interface RecorderOptions {
  /** Flow YAML; a bearer header where it is left out. */
  readonly placement?: string
  /** In place of a random one. */
  readonly secret?: string
  /** Dialled at what the name resolves to, on a port that stands in the origin; for `resolve` of the world. */
  readonly resolved?: boolean
  /** Added to the integration's settings: lines of flow YAML, such as `credential_fields: [key]`. */
  readonly settings?: readonly string[]
  /** Replaces how it is dialled: flow YAML from `{`; `PORT` and `CA` stand for the port and the CA's file. */
  readonly connect?: string
}

export const RECORDER_HOST = 'recorder.internal'
export const RECORDER_CONSENT: ConsentDetail = { integration: 'recorder', scopes: ['any:read', 'any:write'], targets: ['**'] }

/** Answers 200 with a small JSON body. */
export const answerOk = (socket: Socket): void => {
  socket.write('HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 11\r\n\r\n{"ok":true}')
}

export async function startRecorder(options: RecorderOptions = {}): Promise<Recorder> {
  const directory = await mkdtemp(join(tmpdir(), 'postern-recorder-'))
  const ca = await makeStandInCa()
  const secret = options.secret ?? `rk_${randomBytes(24).toString('base64url')}`
  const caFile = join(directory, 'ca.pem')
  const keyFile = join(directory, 'key')
  await writeFile(caFile, ca.certificatePem)
  await writeFile(keyFile, secret, { mode: 0o600 })
  const used = new WeakMap<Socket, number>()
  const requests: RecordedRequest[] = []
  const upstream = await startRecordingUpstream({
    tls: await serverIdentity(ca, [RECORDER_HOST]),
    respond: (socket, received) => {
      for (let next = readRequest(received, used.get(socket) ?? 0); next !== undefined; next = readRequest(received, next.end)) {
        used.set(socket, next.end)
        requests.push(next.request)
        recorder.respond(socket, next.request)
      }
    },
  })
  const atAddress = options.resolved === true ? '' : 'address: "127.0.0.1:PORT", '
  const connect = (options.connect ?? `{ ${atAddress}allow_addresses: ["127.0.0.1/32"], ca: { file: CA } }`)
    .replaceAll('PORT', String(upstream.port)).replaceAll('CA', JSON.stringify(caFile))
  const origin = `https://${RECORDER_HOST}${options.resolved === true ? `:${upstream.port}` : ''}`
  const recorder: Recorder = {
    port: upstream.port,
    secret,
    requests,
    received: upstream.received,
    connections: upstream.connections,
    respond: answerOk,
    config: (text) => text
      .replace('tickets.internal.acme.com]', `tickets.internal.acme.com, ${RECORDER_HOST}]`)
      .replace('integrations:\n', `integrations:\n${integrationText(keyFile, connect, origin, options)}`),
    policies: {
      'recorder.yaml': agentRules('agent:pr-reviewer', '{ id: recorder, allow: { integration: recorder } }'),
      'recorder-org.yaml': 'policy: org\ndefault: allow\nrules:\n  - { id: lend-recorder, allow: { integration: recorder }, authority: organisation }\n',
    },
    close: async () => {
      await upstream.close()
      await rm(directory, { recursive: true, force: true })
    },
  }
  return recorder
}

function integrationText(keyFile: string, connect: string, origin: string, { placement = '{ in: header }', settings = [] }: RecorderOptions): string {
  return `  recorder:
    type: routes
    origin: ${origin}
    credential: { secret: { file: ${JSON.stringify(keyFile)} }, placement: ${placement} }
    routes:
      - { route: "GET /v1/{+rest}", access: read, scopes: [any:read] }
      - { route: "POST /v1/{+rest}", access: write, scopes: [any:write] }
      - { route: "POST /targets/{id}", access: write, scopes: [any:write], targets: ["{id}"] }
    connect: ${connect}
${settings.map((line) => `    ${line}\n`).join('')}`
}

/** The next whole request from an offset; the two framings that we send. */
function readRequest(received: string, from: number): { readonly request: RecordedRequest; readonly end: number } | undefined {
  const headEnd = received.indexOf('\r\n\r\n', from)
  if (headEnd === -1) return undefined
  const [line = '', ...lines] = received.slice(from, headEnd).split('\r\n')
  const [method = '', target = ''] = line.split(' ')
  const start = headEnd + 4
  const value = (name: string): string | undefined => lines.find((one) => one.toLowerCase().startsWith(`${name}:`))?.slice(name.length + 1).trim()
  const end = value('transfer-encoding') === undefined ? start + Number(value('content-length') ?? 0) : chunksEnd(received, start)
  if (end === undefined || received.length < end) return undefined
  return { request: { method, target, lines, body: received.slice(start, end) }, end }
}

/** Where the last chunk ends; undefined where it has not come. What a chunk holds is not looked at: it may look like an end. */
function chunksEnd(received: string, from: number): number | undefined {
  let at = from
  for (;;) {
    const lineEnd = received.indexOf('\r\n', at)
    const size = lineEnd === -1 ? Number.NaN : Number.parseInt(received.slice(at, lineEnd), 16)
    if (Number.isNaN(size)) return undefined
    at = lineEnd + 2 + size + 2
    if (size === 0 || at > received.length) return size === 0 && at <= received.length ? at : undefined
  }
}
