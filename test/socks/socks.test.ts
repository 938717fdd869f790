import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { connect as connectSocket, type Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { connect as connectTls } from 'node:tls'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { requestBytes } from '../support/agent-client.ts'
import { approvedRun, startAuthorityWorld, type AgentRun, type AuthorityWorld } from '../support/authority-world.ts'
import { valuesOf, Wire } from '../support/wire.ts'
import { BrowserApi, READ_PULLS, sessionOf } from '../authority/support/calls.ts'

const SESSION = 'urn:postern:params:oauth:token-type:session'
const PULL = '/repos/acme-corp/backend/pulls/42'
const run = promisify(execFile)

let world: AuthorityWorld
let agent: AgentRun
let secret: string
let port: number
beforeAll(async () => {
  world = await startAuthorityWorld({
    personAuthority: false, auditMode: 'relaxed',
    config: (text) => text.replace('listener: { ', 'listener: { socks: { address: "127.0.0.1:0" }, ').replace('limits: { ', 'limits: { header_timeout: 900ms, '),
  })
  agent = await approvedRun(world, await world.signedIn('alice'), 'pr-reviewer', [READ_PULLS])
  secret = await sessionSecret(agent)
  port = world.service.dataPlane.listener.socks?.port ?? 0
})
afterAll(() => world.close())

async function sessionSecret(of: AgentRun): Promise<string> {
  const { body } = await of.agent.exchange(of.access, 'github', { requested_token_type: SESSION })
  return String(body['access_token'])
}

/** The bytes of one conversation up to the tunnel. */
const greeting = (...methods: readonly number[]): Buffer => Buffer.from([5, methods.length, ...methods])
const login = (token: string): Buffer => Buffer.concat([Buffer.from([1, 5]), Buffer.from('agent'), Buffer.from([token.length]), Buffer.from(token)])
const asking = (host: string, to = 443, command = 1): Buffer =>
  Buffer.concat([Buffer.from([5, command, 0, 3, host.length]), Buffer.from(host, 'latin1'), Buffer.from([to >> 8, to & 0xff])])

async function wire(): Promise<{ readonly wire: Wire; readonly socket: Socket }> {
  const socket = connectSocket(port, '127.0.0.1')
  await new Promise((resolve) => socket.once('connect', resolve))
  return { wire: new Wire(socket, () => undefined), socket }
}

/** What the proxy said until it ended the connection. */
async function said(...messages: readonly Buffer[]): Promise<string> {
  const { socket } = await wire()
  const chunks: Buffer[] = []
  socket.on('data', (chunk: Buffer) => chunks.push(chunk))
  const closed = new Promise((resolve) => socket.once('close', resolve))
  for (const message of messages) socket.write(message)
  await closed
  return Buffer.concat(chunks).toString('hex')
}

/** Writes what a client says first in one piece with what its user says, and keeps the replies to that from the user. */
class Ahead extends Duplex {
  replies = Buffer.alloc(0)
  readonly #socket: Socket
  readonly #replyBytes: number
  #ahead: Buffer | undefined

  constructor(socket: Socket, ahead: Buffer, replyBytes: number) {
    super()
    this.#socket = socket
    this.#ahead = ahead
    this.#replyBytes = replyBytes
    socket.on('data', (chunk: Buffer) => this.#take(chunk))
    socket.once('close', () => this.destroy())
  }

  override _read(): void {
    this.#socket.resume()
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#socket.write(this.#ahead === undefined ? chunk : Buffer.concat([this.#ahead, chunk]))
    this.#ahead = undefined
    done()
  }

  #take(chunk: Buffer): void {
    const missing = this.#replyBytes - this.replies.length
    if (missing > 0) this.replies = Buffer.concat([this.replies, chunk.subarray(0, missing)])
    if (chunk.length > missing) this.push(chunk.subarray(missing))
  }
}

const denied = (detail: string): Promise<Record<string, unknown>> => world.recorded(({ event, reason }) => event === 'api.denied' && reason === `listener: ${detail}`)
const NO_ADDRESS = '0001000000000000'

describe('SOCKS5', () => {
  it('is a door to the same pipeline: curl reads a pull request by it, with our credential and its session on record', async () => {
    const { stdout } = await run('curl', ['-sS', '--socks5-hostname', `127.0.0.1:${port}`, '--proxy-user', `agent:${secret}`, '--cacert', world.bundle, `https://api.github.com${PULL}`])
    expect(JSON.parse(stdout)).toMatchObject({ number: 42 })
    expect(await world.recorded(({ event, http }) => event === 'api.call' && (http as { path: string }).path === PULL)).toMatchObject({
      identified_by: 'session', agent: { id: 'agent:pr-reviewer' }, user: { id: 'user:alice@acme.com' }, integration: 'github', outcome: 'ok', http: { status: 200 },
    })
  })

  it('judges every request in its tunnel anew, and takes what is sent ahead', async () => {
    const { wire: raw, socket } = await wire()
    raw.send(Buffer.concat([greeting(0, 2), login(secret), asking('API.github.com')]))
    expect(await raw.until(/^[^]{14}/)).toBe(Buffer.from(`05020100${`0500${NO_ADDRESS}`}`, 'hex').toString('latin1'))
    socket.removeAllListeners('data')
    const inside = new Wire(connectTls({ socket, ca: readFileSync(world.bundle), servername: 'api.github.com' }), () => undefined)
    expect((await inside.ask(requestBytes('GET', PULL, 'api.github.com'))).status).toBe(200)
    const refused = await inside.ask(requestBytes('GET', '/repos/other-corp/secret/pulls/1', 'api.github.com'))
    // A refusal that leaves nothing unread leaves the connection as it was; a request for another host does not.
    expect([refused.status, valuesOf(refused, 'connection')]).toEqual([403, ['keep-alive']])
    const strayed = await inside.ask(requestBytes('GET', PULL, 'uploads.github.com'))
    expect([strayed.status, strayed.code, valuesOf(strayed, 'connection')]).toEqual([421, 'authority_mismatch', ['close']])
    await inside.closed
  })

  it('takes a TLS handshake that begins ahead of its own replies', async () => {
    const socket = connectSocket(port, '127.0.0.1')
    const ahead = Buffer.concat([greeting(2), login(secret), asking('api.github.com')])
    const replies = `050201000500${NO_ADDRESS}`
    const tunnel = new Ahead(socket, ahead, replies.length / 2)
    const inside = new Wire(connectTls({ socket: tunnel, ca: readFileSync(world.bundle), servername: 'api.github.com' }), () => undefined)
    expect((await inside.ask(requestBytes('GET', PULL, 'api.github.com'))).status).toBe(200)
    expect(tunnel.replies.toString('hex')).toBe(replies)
    inside.close()
    socket.destroy()
  })

  it.each<readonly [string, () => readonly Buffer[], string, string]>([
    ['no password where one is needed', () => [greeting(0)], '05ff', 'SOCKS5: the client offers no password'],
    ['a password that is no token', () => [greeting(2), login('a b')], '05020101', 'SOCKS5: the password is no token'],
    ['BIND', () => [greeting(2), login(secret), asking('api.github.com', 443, 2)], `0502010005070001000000000000`, 'SOCKS5: a command other than CONNECT'],
    ['UDP ASSOCIATE', () => [greeting(2), login(secret), asking('api.github.com', 443, 3)], `0502010005070001000000000000`, 'SOCKS5: a command other than CONNECT'],
    ['an address', () => [greeting(2), login(secret), Buffer.from([5, 1, 0, 1, 127, 0, 0, 1, 0, 80])], '0502010005080001000000000000', 'SOCKS5: an address where a name is needed; the client resolves names itself (socks5h, --socks5-hostname)'],
    ['an address in words', () => [greeting(2), login(secret), asking('127.0.0.1')], '0502010005010001000000000000', 'SOCKS5: the name in the request is no plain DNS name'],
    ['a name that a resolver would cut', () => [greeting(2), login(secret), asking('127.0.0.1\0.github.com')], '0502010005010001000000000000', 'SOCKS5: the name in the request is no plain DNS name'],
    ['port 0', () => [greeting(2), login(secret), asking('api.github.com', 0)], '0502010005010001000000000000', 'SOCKS5: port 0'],
    ['SOCKS4', () => [Buffer.from([4, 1, 1, 187, 1, 2, 3, 4, 0])], '', 'SOCKS5: it is not SOCKS5'],
    ['HTTP', () => [Buffer.from(`GET /github${PULL} HTTP/1.1\r\n\r\n`)], '', 'SOCKS5: it is not SOCKS5'],
    ['half a greeting, and then nothing', () => [Buffer.from([5])], '', 'SOCKS5: the request did not arrive in time'],
  ])('refuses %s, and says so on record', async (_name, messages, hex, detail) => {
    expect(await said(...messages())).toBe(hex)
    expect(await denied(detail)).toMatchObject({ outcome: 'denied' })
  })

  it('refuses a host that no integration serves, and a proof that is none, as a CONNECT is refused', async () => {
    expect(await said(greeting(2), login(secret), asking('elsewhere.example'))).toBe('0502010005020001000000000000')
    expect(await world.recorded(({ code }) => code === 'host_not_served')).toMatchObject({ http: { method: 'CONNECT', host: 'elsewhere.example:443' }, agent: { id: 'agent:pr-reviewer' } })
    expect(await said(greeting(2), login('ses_nobody.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'), asking('api.github.com'))).toBe('0502010005020001000000000000')
  })

  it('refuses a revoked session, byte by byte as well', async () => {
    const alice = await world.signedIn('alice')
    const other = await approvedRun(world, alice, 'pr-reviewer', [READ_PULLS])
    const revoked = await sessionSecret(other)
    await (await BrowserApi.of(alice)).post(`/v1/sessions/${sessionOf(other.access)}/revoke`)
    const bytes = Buffer.concat([greeting(2), login(revoked), asking('api.github.com')])
    expect(await said(...Array.from(bytes, (byte) => Buffer.from([byte])))).toBe('0502010005020001000000000000')
  })
})
