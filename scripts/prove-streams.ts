import { fork, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { request as requestHttp, type IncomingMessage, type ServerResponse } from 'node:http'
import { connect as connectHttp2, createSecureServer, type ClientHttp2Stream, type ServerHttp2Stream } from 'node:http2'
import { createServer, request as requestHttps } from 'node:https'
import type { AddressInfo } from 'node:net'
import { availableParallelism, loadavg, release, tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { createDevelopmentKeys, DEVELOPMENT_AUDIENCE, DEVELOPMENT_ISSUER } from '../src/authority/tokens/development-keys.ts'
import { signDelegationToken } from '../src/authority/tokens/sign-delegation-token.ts'
import { writeDemoConfig } from '../src/cli/demo/demo-config.ts'
import { startDemoWorld, type DemoFiles } from '../src/demo/demo-world.ts'
import { makeStandInCa, serverIdentity } from '../src/demo/server/certificates.ts'
import { newId, type AgentId, type PersonId } from '../src/model/ids.ts'
import { handshake } from '../test/http2/h2-client.ts'
import { openConnect } from '../test/listener/harness.ts'
import { agentRules, policiesWith } from '../test/support/policies.ts'

/**
 * Sends one body of a gigabyte down and one up through the built product, by every pair of protocols, and lets readers stand still; writes
 * memory and speed to docs/proofs/streams.md. Arguments: megabytes (default 1024), the build (default dist).
 */
const MEGABYTES = Number(process.argv[2] ?? 1_024)
const DIST = process.argv[3] ?? 'dist'
const MEGABYTE = 1_048_576
const PIECE = Buffer.alloc(65_536, 'x')
const SAMPLE_MS = 20
const STILL_MS = 1_500
const MOST_GROWTH_MB = 128
const MOST_AHEAD_MB = 32
const WINDOW_BYTES = 1_048_576
const CONNECTION_WINDOW_BYTES = 4 * WINDOW_BYTES

const WAYS = ['HTTP/1.1 reverse, to HTTP/1.1', 'HTTP/1.1 in a tunnel, to HTTP/1.1', 'HTTP/2 in a tunnel, to HTTP/2', 'HTTP/2 in a tunnel, to HTTP/1.1'] as const
type Way = (typeof WAYS)[number]
const HOSTS = { one: 'one.internal', two: 'two.internal' } as const

interface Row {
  readonly way: Way
  readonly direction: 'down' | 'up'
  readonly seconds: number
  readonly beforeMb: number
  readonly peakMb: number
  readonly afterMb: number
}

interface Still {
  readonly way: Way
  readonly direction: 'down' | 'up'
  /** What had left its sender when it last moved, and what had when it was looked at last. */
  readonly aheadMb: number
  readonly movedMb: number
  readonly peakMb: number
}

/** A body under way: what can be read of it, or written to it. */
interface Exchange {
  /** Resolves with the answer's body, once its head is there. */
  readonly answer: Promise<Readable>
  readonly body: Writable
  end(): void
}

if (process.env['PROVE_STREAMS_UPSTREAM'] !== undefined) await upstreamOnly(process.env['PROVE_STREAMS_UPSTREAM'])

const directory = await mkdtemp(join(tmpdir(), 'postern-prove-streams-'))
const demo = await startDemoWorld({ stateDirectory: join(directory, 'upstreams') })
const keys = await createDevelopmentKeys(join(directory, 'identity'))
const upstream = await startUpstream()
const product = await startProduct()
try {
  const [token, roots] = [await tokenOf(), await readFile(join(directory, 'bundle.pem'), 'utf8')]
  const rows: Row[] = []
  const stills: Still[] = []
  // Modules are loaded and connections' code is compiled: what comes after is the work itself.
  for (const way of WAYS) for (const direction of ['down', 'up'] as const) await transfer(way, direction, token, roots, 32)
  for (const way of WAYS) for (const direction of ['down', 'up'] as const) rows.push(await measured(way, direction, token, roots))
  for (const way of WAYS) for (const direction of ['down', 'up'] as const) stills.push(await standStill(way, direction, token, roots))
  await writeFile(join('docs', 'proofs', 'streams.md'), report(rows, stills))
  const wrong = [...rows.filter(({ peakMb, beforeMb }) => peakMb - beforeMb > MOST_GROWTH_MB), ...stills.filter(({ aheadMb, movedMb }) => aheadMb > MOST_AHEAD_MB || movedMb > aheadMb)]
  if (wrong.length > 0) throw new Error(`not bounded: ${JSON.stringify(wrong)}`)
} finally {
  product.child.kill('SIGTERM')
  await once(product.child, 'exit')
  upstream.child.kill('SIGKILL')
  await demo.close()
  await rm(directory, { recursive: true, force: true, maxRetries: 3 })
}

async function measured(way: Way, direction: Row['direction'], token: string, roots: string): Promise<Row> {
  const beforeMb = await product.residentMb()
  const sampler = beginSampling()
  const startedMs = performance.now()
  await transfer(way, direction, token, roots, MEGABYTES)
  const seconds = (performance.now() - startedMs) / 1_000
  const peakMb = sampler()
  await pause(1_000)
  const row = { way, direction, seconds, beforeMb, peakMb, afterMb: await product.residentMb() }
  process.stdout.write(`${rowOf(row)}\n`)
  return row
}

/** @returns ends it, and says the most there was */
function beginSampling(): () => number {
  let peakMb = 0
  const timer = setInterval(() => void product.residentMb().then((mb) => { peakMb = Math.max(peakMb, mb) }), SAMPLE_MS)
  return () => {
    clearInterval(timer)
    return peakMb
  }
}

async function transfer(way: Way, direction: Row['direction'], token: string, roots: string, megabytes: number): Promise<void> {
  const bytes = megabytes * MEGABYTE
  const exchange = await open(way, direction, direction === 'down' ? `bytes/${bytes}` : 'sink', token, roots)
  if (direction === 'up') await pour(exchange.body, bytes)
  exchange.body.end()
  let got = 0
  let text = ''
  for await (const chunk of await exchange.answer) {
    got += (chunk as Buffer).length
    if (direction === 'up') text += String(chunk)
  }
  exchange.end()
  if ((direction === 'down' ? got : Number(text)) !== bytes) throw new Error(`${way}, ${direction}: ${got} bytes came, ${text}`)
}

/** Begins, and from then on nobody reads: by how much does the sender go ahead, and does it stop? */
async function standStill(way: Way, direction: Row['direction'], token: string, roots: string): Promise<Still> {
  const sampler = beginSampling()
  const before = await upstream.sent()
  const exchange = await open(way, direction, direction === 'down' ? 'endless' : 'deaf', token, roots)
  let given = 0
  if (direction === 'down') {
    exchange.body.end();
    (await exchange.answer).pause()
  } else {
    exchange.answer.catch(() => undefined)
    const more = (): void => {
      do given += PIECE.length
      while (exchange.body.write(PIECE))
    }
    exchange.body.on('drain', more)
    more()
  }
  const sent = async (): Promise<number> => (direction === 'down' ? (await upstream.sent()) - before : given) / MEGABYTE
  await pause(STILL_MS)
  const aheadMb = await sent()
  await pause(STILL_MS)
  const still = { way, direction, aheadMb, movedMb: await sent(), peakMb: sampler() }
  exchange.end()
  process.stdout.write(`${stillOf(still)}\n`)
  return still
}

async function open(way: Way, direction: Row['direction'], what: string, token: string, roots: string): Promise<Exchange> {
  const [method, path] = [direction === 'down' ? 'GET' : 'POST', `/v1/${what}`]
  if (way === 'HTTP/1.1 reverse, to HTTP/1.1') {
    return exchangeOf(requestHttp({ host: '127.0.0.1', port: product.port, method, path: `/one${path}`, headers: { authorization: `Bearer ${token}` }, agent: false }))
  }
  const host = way === 'HTTP/2 in a tunnel, to HTTP/2' ? HOSTS.two : HOSTS.one
  const { socket } = await openConnect(product.port, `${host}:443`, `Proxy-Authorization: Bearer ${token}\r\n`)
  const protocol = way.startsWith('HTTP/2') ? 'h2' : 'http/1.1'
  const secure = await handshake(connectTls({ socket, servername: host, ca: roots, ALPNProtocols: [protocol] }))
  if (secure.alpnProtocol !== protocol) throw new Error(`${String(secure.alpnProtocol)} was agreed on`)
  if (protocol === 'http/1.1') return exchangeOf(requestHttps({ createConnection: () => secure, method, path, headers: { host } }), secure)
  const session = connectHttp2(`https://${host}`, { createConnection: () => secure, settings: { initialWindowSize: WINDOW_BYTES } })
  session.on('error', () => undefined)
  await once(session, 'remoteSettings')
  session.setLocalWindowSize(CONNECTION_WINDOW_BYTES)
  const stream: ClientHttp2Stream = session.request({ ':method': method, ':path': path }, { endStream: direction === 'down' })
  stream.on('error', () => undefined)
  const answer = once(stream, 'response').then(([headers]: { ':status'?: number }[]) => {
    if (headers?.[':status'] !== 200) throw new Error(`${way}: ${String(headers?.[':status'])}`)
    return stream
  })
  return { answer, body: stream, end: () => session.destroy() }
}

function exchangeOf(request: ReturnType<typeof requestHttp>, socket?: TLSSocket): Exchange {
  request.on('error', () => undefined)
  const answer = once(request, 'response').then(([response]: IncomingMessage[]) => {
    if (response?.statusCode !== 200) throw new Error(`HTTP/1.1: ${String(response?.statusCode)}`)
    return response
  })
  return {
    answer, body: request,
    end: () => {
      request.destroy()
      socket?.destroy()
    },
  }
}

/** As fast as it is taken, and no faster. */
async function pour(into: Writable, bytes: number): Promise<void> {
  for (let left = bytes; left > 0; left -= PIECE.length) {
    if (!into.write(left < PIECE.length ? PIECE.subarray(0, left) : PIECE)) await once(into, 'drain')
  }
}

async function startUpstream(): Promise<{ readonly child: ChildProcess, readonly ports: { readonly one: number, readonly two: number }, readonly caFile: string, sent(): Promise<number> }> {
  const ca = await makeStandInCa()
  const caFile = join(directory, 'ca.pem')
  const identityFile = join(directory, 'identity.json')
  await writeFile(caFile, ca.certificatePem)
  await writeFile(identityFile, JSON.stringify(await serverIdentity(ca, Object.values(HOSTS))), { mode: 0o600 })
  const child = fork('scripts/prove-streams.ts', { env: { ...process.env, PROVE_STREAMS_UPSTREAM: identityFile } })
  const [ports] = await once(child, 'message') as [{ readonly one: number, readonly two: number }]
  const sent = async (): Promise<number> => {
    child.send('sent')
    const [bytes] = await once(child, 'message') as [number]
    return bytes
  }
  return { child, ports, caFile, sent }
}

/** The upstreams are a process of their own: one of HTTP/1.1, one of HTTP/2. Paths: `bytes/N`, `endless`, `sink`, `deaf`. */
async function upstreamOnly(identityFile: string): Promise<never> {
  const identity = JSON.parse(await readFile(identityFile, 'utf8')) as { readonly key: string, readonly cert: string }
  const moved = { out: 0 }
  const one = createServer(identity, (request, response) => answer(request.url ?? '', request, response, (length) => response.writeHead(200, length === undefined ? {} : { 'content-length': length }), moved))
  const two = createSecureServer({ ...identity, settings: { initialWindowSize: WINDOW_BYTES } })
  two.on('session', (session) => session.setLocalWindowSize(CONNECTION_WINDOW_BYTES))
  two.on('stream', (stream: ServerHttp2Stream, headers) => {
    answer(headers[':path'] ?? '', stream, stream, (length) => stream.respond({ ':status': 200, ...(length === undefined ? {} : { 'content-length': length }) }), moved)
  })
  for (const server of [one, two]) {
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
  }
  process.on('message', () => process.send?.(moved.out))
  process.send?.({ one: (one.address() as AddressInfo).port, two: (two.address() as AddressInfo).port })
  return new Promise(() => undefined)
}

function answer(path: string, body: Readable, response: ServerResponse | ServerHttp2Stream, head: (length: number | undefined) => void, moved: { out: number }): void {
  const [, , what, count] = path.split('/')
  body.on('error', () => undefined)
  response.on('error', () => undefined)
  if (what === 'deaf') return
  if (what === 'sink') {
    let got = 0
    body.on('data', (chunk: Buffer) => { got += chunk.length })
    body.once('end', () => {
      head(undefined)
      response.end(String(got))
    })
    return
  }
  body.resume()
  const total = what === 'bytes' ? Number(count) : Infinity
  head(what === 'bytes' ? total : undefined)
  let left = total
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

async function startProduct(): Promise<{ readonly child: ChildProcess, readonly port: number, residentMb(): Promise<number> }> {
  const keyFile = join(directory, 'key')
  await writeFile(keyFile, 'a-key-that-nobody-sees', { mode: 0o600 })
  const names = ['one', 'two'] as const
  const policies = await policiesWith({
    'streams.yaml': agentRules('agent:pr-reviewer', ...names.map((name) => `{ id: ${name}, allow: { integration: ${name} } }`)),
    'streams-org.yaml': `policy: org\ndefault: allow\nrules:\n${names.map((name) => `  - { id: lend-${name}, allow: { integration: ${name} }, authority: organisation }\n`).join('')}`,
  })(directory)
  const file = await writeDemoConfig({ directory, policies, listen: '127.0.0.1:0', world: { ...demo, files: demo.files as DemoFiles }, keys, auditMode: 'relaxed' })
  const integrations = names.map((name) => `  ${name}:
    type: routes
    origin: https://${HOSTS[name]}
    credential: { secret: { file: ${JSON.stringify(keyFile)} } }
    routes:
      - { route: "GET /v1/{+rest}", access: read, scopes: [any:read] }
      - { route: "POST /v1/{+rest}", access: write, scopes: [any:write] }
    connect: { address: "127.0.0.1:${upstream.ports[name]}", allow_addresses: ["127.0.0.1/32"], ca: { file: ${JSON.stringify(upstream.caFile)} } }
`)
  await writeFile(file, (await readFile(file, 'utf8'))
    .replace('tickets.internal.acme.com]', `tickets.internal.acme.com, ${Object.values(HOSTS).join(', ')}]`)
    .replace('integrations:\n', `integrations:\n${integrations.join('')}`))
  const child = spawn(process.execPath, [join(DIST, 'bin.js'), 'start', '--config', file], { stdio: ['ignore', 'ignore', 'pipe'] })
  process.once('exit', () => child.kill('SIGKILL'))
  const said: string[] = []
  const port = await new Promise<number>((resolve, reject) => {
    createInterface({ input: child.stderr }).on('line', (line) => {
      if (said.length < 50) said.push(line)
      const found = /"address":"127\.0\.0\.1:(\d+)".*"postern is ready"/.exec(line)?.[1]
      if (found !== undefined) resolve(Number(found))
    })
    child.once('exit', (code) => reject(new Error(`the product ended with ${code}: ${said.join('\n')}`)))
  })
  return { child, port, residentMb: async () => Number(/^VmRSS:\s+(\d+)/m.exec(await readFile(`/proc/${child.pid ?? 0}/status`, 'utf8').catch(() => ''))?.[1] ?? 0) / 1_024 }
}

function tokenOf(): Promise<string> {
  return signDelegationToken({
    issuer: DEVELOPMENT_ISSUER, audience: DEVELOPMENT_AUDIENCE, profile: 'postern', agent: 'agent:pr-reviewer' as AgentId, person: 'user:alice@acme.com' as PersonId,
    personName: 'Alice Chen', clientId: 'prove-streams', delegation: newId('dlg'), session: newId('ses'),
    consent: ['one', 'two'].map((integration) => ({ integration, scopes: ['any:read', 'any:write'], targets: ['**'] })),
    issuedAtMs: Date.now(), expiresAtMs: Date.now() + 3_600_000, certificateThumbprint: undefined,
  }, keys.signingKey)
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

function rowOf({ way, direction, seconds, beforeMb, peakMb, afterMb }: Row): string {
  return `| ${way} | ${direction} | ${(MEGABYTES / seconds).toFixed(0)} | ${[beforeMb, peakMb, afterMb].map((mb) => mb.toFixed(0)).join(' / ')} |`
}

function stillOf({ way, direction, aheadMb, movedMb, peakMb }: Still): string {
  return `| ${way} | ${direction} | ${aheadMb.toFixed(1)} | ${(movedMb - aheadMb).toFixed(1)} | ${peakMb.toFixed(0)} |`
}

function report(rows: readonly Row[], stills: readonly Still[]): string {
  return `# Proof: large bodies stream

Made by \`npm run prove:streams\` on ${new Date().toISOString().slice(0, 10)}: Node ${process.version}, Linux ${release().split('.').slice(0, 2).join('.')}, ${availableParallelism()} cores shared by the product, its client and its upstream
(load ${loadavg()[0]?.toFixed(1) ?? '?'} at the end). The product is the built program, a process of its own, with its default limits and everything on; answers are scrubbed. Every upstream speaks TLS. Speeds are those of
three processes of Node on these cores, encryption on both sides, and not the product's alone: [performance.md](../performance.md) has those.

## One body of ${MEGABYTES} MB

Resident memory in MB before, at most (every ${SAMPLE_MS} ms), and a second after. Growth of more than ${MOST_GROWTH_MB} MB within one would fail the proof, and so would any byte less or more.

| from the client, to the upstream | | MB/s | MB resident |
|---|---|---|---|
${rows.map(rowOf).join('\n')}

## A reader that stands still

The client reads nothing after the answer's head (down), or the upstream nothing of the body (up). What had left its sender after ${STILL_MS / 1_000} s fills the buffers of the sender, of four sockets and of two TLS layers, and the
windows; over ${MOST_AHEAD_MB} MB, or anything that moves in the ${STILL_MS / 1_000} s after, would fail the proof.

| from the client, to the upstream | | MB sent ahead | and in the time after | most MB resident |
|---|---|---|---|---|
${stills.map(stillOf).join('\n')}
`
}
