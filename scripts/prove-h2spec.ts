import { execFileSync, spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { createSecureServer } from 'node:http2'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { join } from 'node:path'
import { exportPrivateKey } from '../src/lib/certificates.ts'
import { root } from '../test/house/source-tree.ts'
import { makeIdentities, openConnect, startHarness } from '../test/listener/harness.ts'

/**
 * Runs h2spec, built by Go at the version that test/http2/h2spec/go.mod pins, against the listener with TLS, against the inside of a tunnel,
 * and, to tell apart what is ours, against a bare server of node:http2. Writes what it found to docs/proofs/h2spec.md; fails where a
 * failure is not explained below.
 */
const VERSION = 'v2.2.1'
const PATH_ASKED = '/github/a'
const SOURCE = join(root, 'test', 'http2', 'h2spec')
const BINARY = join(root, 'node_modules', '.cache', 'h2spec', 'h2spec')

/** Why a test of h2spec's comes out otherwise: by its section and number. */
const EXPLAINED: Readonly<Record<string, string>> = {
  '3.5/2': 'Where a client that agreed on `h2` writes no preface, it is taken for one of HTTP/1.1, since Go’s is one that does so before a proxy; what comes is then refused with a 400 of HTTP/1.1, and the connection is closed.',
  '5.1/5': 'The answer was already complete: frames for a stream that is closed are passed over, as RFC 9113 section 5.1 allows for a while. The library’s.',
  '5.1/6': 'As 5.1/5.',
  '5.1/8': 'As 5.1/5: passed over.',
  '5.1/9': 'As 5.1/5: passed over.',
  '5.1/11': 'As 5.1/5: passed over.',
  '5.1/12': 'As 5.1/5: passed over.',
  '5.1.1/2': 'As 5.1/5: the smaller identifier is that of a closed stream, and its frame is passed over; no request comes of it.',
  '5.3.1/2': 'Priorities are deprecated (RFC 9113 section 5.3.2), and the library passes their frames over.',
  '6.1/2': 'As 5.1/5.',
  '6.3/1': 'As 5.3.1/2.',
  '6.7/2': 'An acknowledgement of no PING of ours is answered with the end of the connection: stricter than asked.',
  '6.9.1/3': 'A window over its bound ends the connection, not the stream alone: stricter than asked.',
}

interface Failure {
  readonly id: string
  readonly what: string
}

interface Outcome {
  readonly name: string
  readonly tests: number
  readonly passed: number
  readonly skipped: number
  readonly failures: readonly Failure[]
}

build()
const identities = await makeIdentities()
const outcomes = [await overTls(), await inTunnel(), await bareNode()]
report(outcomes)

function build(): void {
  mkdirSync(join(BINARY, '..'), { recursive: true })
  execFileSync('go', ['build', '-C', SOURCE, '-mod=readonly', '-o', BINARY, 'github.com/summerwind/h2spec/cmd/h2spec'], { stdio: 'inherit' })
}

async function overTls(): Promise<Outcome> {
  const harness = await startHarness({ tls: { identity: identities.server, clientCaPem: undefined, trustDomain: undefined } })
  try {
    return await h2spec('the listener with TLS', harness.listener.port)
  } finally {
    await harness.close()
  }
}

/** Every connection of h2spec's is put into a tunnel of its own; its TLS is ended as an agent's. */
async function inTunnel(): Promise<Outcome> {
  const harness = await startHarness()
  const door = createServer((socket: Socket) => {
    socket.on('error', () => undefined)
    socket.pause()
    void openConnect(harness.listener.port, 'api.example.com:443').then(({ socket: tunnel }) => {
      tunnel.on('error', () => undefined).on('close', () => socket.destroy())
      socket.on('close', () => tunnel.destroy())
      socket.pipe(tunnel).pipe(socket)
    }, () => socket.destroy())
  })
  await new Promise<void>((resolve) => door.listen(0, '127.0.0.1', resolve))
  try {
    return await h2spec('the inside of a tunnel', (door.address() as AddressInfo).port)
  } finally {
    door.close()
    await harness.close()
  }
}

async function bareNode(): Promise<Outcome> {
  const server = createSecureServer({ cert: identities.server.certificatePem, key: exportPrivateKey(identities.server.privateKey) })
  server.on('stream', (stream) => {
    stream.on('error', () => undefined)
    stream.respond({ ':status': 200, 'content-type': 'application/json' })
    stream.end('{"ok":true,"and":"some more bytes"}')
  })
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
  try {
    return await h2spec('a bare server of node:http2', (server.address() as AddressInfo).port)
  } finally {
    server.close()
  }
}

function h2spec(name: string, port: number): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(BINARY, ['-h', '127.0.0.1', '-p', String(port), '-t', '-k', '-P', PATH_ASKED, '--strict', '-o', '2'], { stdio: ['ignore', 'pipe', 'inherit'] })
    let text = ''
    child.stdout.on('data', (chunk: Buffer) => { text += chunk.toString('latin1') })
    child.once('error', reject)
    child.once('close', () => resolve(read(name, text)))
  })
}

/** h2spec tells failures again at its end, indented below their sections. */
function read(name: string, text: string): Outcome {
  const [, tests, passed, skipped] = /^(\d+) tests, (\d+) passed, (\d+) skipped/m.exec(text) ?? []
  if (tests === undefined) throw new Error(`h2spec has not ended as it should:\n${text.slice(-2_000)}`)
  const failures: Failure[] = []
  let section = ''
  for (const line of (text.split('Failures:')[1] ?? '').split('\n')) {
    section = /^\s+([0-9]+(?:\.[0-9]+)+)\. /.exec(line)?.[1] ?? section
    const failed = /^\s+\S+ (\d+): (.+)$/.exec(line)
    if (failed !== null && !line.includes('->') && !/Expected|Actual/.test(line)) failures.push({ id: `${section}/${failed[1]}`, what: failed[2] ?? '' })
  }
  return { name, tests: Number(tests), passed: Number(passed), skipped: Number(skipped), failures }
}

function report(all: readonly Outcome[]): void {
  const bare = new Set(all.at(-1)?.failures.map(({ id }) => id))
  const ours = all.slice(0, -1).flatMap(({ failures }) => failures)
  const rows = [...new Map(ours.map((failure) => [failure.id, failure])).values()].map(({ id, what }) =>
    `| ${id} | ${what} | ${bare.has(id) ? 'too' : 'no'} | ${EXPLAINED[id] ?? '**not explained**'} |`)
  const text = `# h2spec

Written by \`npm run prove:h2spec\`: h2spec ${VERSION}, strict, built by Go from \`test/http2/h2spec\`; Node ${process.versions.node} with nghttp2 ${String(process.versions['nghttp2'])}.

| against | tests | passed | skipped | failed |
|---|---|---|---|---|
${all.map(({ name, tests, passed, skipped, failures }) => `| ${name} | ${tests} | ${passed} | ${skipped} | ${failures.length} |`).join('\n')}

## What fails, and why

| section/test | h2spec | fails at bare node:http2 | why |
|---|---|---|---|
${rows.join('\n')}
`
  writeFileSync(join(root, 'docs', 'proofs', 'h2spec.md'), text)
  console.log(text)
  const unexplained = ours.filter(({ id }) => EXPLAINED[id] === undefined)
  if (unexplained.length > 0) {
    console.error(`not explained: ${unexplained.map(({ id }) => id).join(', ')}`)
    process.exitCode = 1
  }
}
