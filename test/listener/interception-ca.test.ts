import { execFile } from 'node:child_process'
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { X509Certificate } from 'node:crypto'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, createServer, createSecureContext, rootCertificates, type Server } from 'node:tls'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { exportPrivateKey, makeLeaf, splitPem } from '../../src/lib/certificates.ts'
import { planRotation, signerFor } from '../../src/proxy/listener/authority-rotation.ts'
import { readAuthorities, type ConstrainedAuthority } from '../../src/proxy/listener/constrained-authority.ts'
import { openInterceptionCa, type InterceptionCa } from '../../src/proxy/listener/interception-ca.ts'
import { writeTrustBundle } from '../../src/proxy/listener/trust-bundle.ts'

const DAY_MS = 86_400_000
let directory: string
let clock: { ms: number; nowMs(): number; monotonicMs(): number }
let told: (readonly string[])[]
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'postern-ca-'))
  clock = { ms: Date.now(), nowMs() { return this.ms }, monotonicMs() { return this.ms } }
  told = []
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

function open(hosts: readonly string[]): Promise<InterceptionCa> {
  return openInterceptionCa({ directory, hosts, clock, onRootsChanged: (roots) => told.push(roots), onRotationFailed: (error) => { throw error } })
}

describe('the interception authority', () => {
  it('keeps one key, that of the constrained intermediate, in one file of mode 0600', async () => {
    const ca = await open(['api.example.com'])
    const files = readdirSync(directory)
    expect(files.length).toBe(1)
    const file = join(directory, files[0] ?? '')
    expect(statSync(file).mode & 0o777).toBe(0o600)
    const content = readFileSync(file, 'utf8')
    expect(content.match(/BEGIN PRIVATE KEY/g)?.length).toBe(1)
    const [intermediate, root] = splitPem(content).map((pem) => new X509Certificate(pem)) as [X509Certificate, X509Certificate]
    const [authority] = readAuthorities(directory) as [ConstrainedAuthority]
    expect([intermediate.checkPrivateKey(authority.intermediate.privateKey), root.checkPrivateKey(authority.intermediate.privateKey)]).toEqual([true, false])
    expect(ca.roots()).toEqual([authority.rootPem])
  })

  it('is refused once everybody could read its key, and loses the group’s rights', async () => {
    await open(['api.example.com'])
    const file = join(directory, readdirSync(directory)[0] ?? '')
    chmodSync(file, 0o660)
    await open(['api.example.com'])
    expect(statSync(file).mode & 0o777).toBe(0o600)
    chmodSync(file, 0o604)
    await expect(open(['api.example.com'])).rejects.toThrow('everybody on this machine may read or write it')
  })

  it('is the same after a restart', async () => {
    const before = (await open(['api.example.com'])).roots()
    expect((await open(['api.example.com'])).roots()).toEqual(before)
    expect(told).toEqual([before, before])
  })

  it('gives one context a host while its leaf lives, and another before the leaf ends', async () => {
    const ca = await open(['api.example.com'])
    const [one, same] = await Promise.all([ca.contextFor('api.example.com'), ca.contextFor('api.example.com')])
    expect(same).toBe(one)
    expect(ca.contextFor('api.example.com')).toBe(one)
    clock.ms += 6 * DAY_MS
    expect(await ca.contextFor('api.example.com')).not.toBe(one)
  })

  it('mints anew for a clock that was set back, since no client takes a leaf from its future', async () => {
    const ca = await open(['api.example.com'])
    clock.ms += 6 * 3_600_000
    const early = await ca.contextFor('api.example.com')
    clock.ms -= 5 * 3_600_000
    expect(await ca.contextFor('api.example.com')).not.toBe(early)
  })

  it('changes nothing where the bundle cannot be written, and makes it good at the next look', async () => {
    const failures: unknown[] = []
    let full = false
    const told: (readonly string[])[] = []
    const onRootsChanged = (roots: readonly string[]): void => {
      if (full) throw new Error('the disk is full')
      told.push(roots)
    }
    const ca = await openInterceptionCa({ directory, hosts: ['api.example.com'], clock, onRootsChanged, onRotationFailed: (error) => failures.push(error) })
    const roots = ca.roots()
    const look = async (): Promise<void> => {
      clock.ms += 3_600_001
      await ca.contextFor('api.example.com')
      await vi.waitFor(() => expect(failures.length + told.length).toBeGreaterThan(looks))
    }
    let looks = 1
    full = true
    clock.ms += 340 * DAY_MS
    await look()
    expect({ failures: failures.length, roots: ca.roots(), files: readdirSync(directory).length }).toEqual({ failures: 1, roots, files: 1 })
    full = false
    looks = 2
    await look()
    expect(ca.roots()).toHaveLength(2)
    expect(told).toEqual([roots, ca.roots()])
    expect(readdirSync(directory)).toHaveLength(2)
  })

  it('covers what is declared, and makes nothing for any other host', async () => {
    const ca = await open(['api.example.com'])
    expect([ca.covers('api.example.com'), ca.covers('x.api.example.com'), ca.covers('example.com')]).toEqual([true, false, false])
    await expect(Promise.resolve().then(() => ca.contextFor('example.com'))).rejects.toThrow(TypeError)
  })

  it('declared for no host at all makes no authority', async () => {
    const ca = await open([])
    expect([ca.covers('api.example.com'), ca.roots(), readdirSync(directory)]).toEqual([false, [], []])
  })

  it('refuses hosts that are no plain names', async () => {
    for (const host of ['*.example.com', '127.0.0.1', 'API.example.com', '']) await expect(open([host])).rejects.toThrow(TypeError)
  })

  it('refuses a file that does not hold together, in one sentence', async () => {
    await open(['api.example.com'])
    const file = join(directory, readdirSync(directory)[0] ?? '')
    writeFileSync(file, readFileSync(file, 'utf8').replace('BEGIN PRIVATE KEY', 'BEGIN PUBLIC KEY'))
    await expect(open(['api.example.com'])).rejects.toThrow(/^The interception authority in .* cannot be used: it is not complete\.$/)
  })
})

describe('rotation', () => {
  it('for an added host: the old authority stays for its hosts, and the bundle holds both roots', async () => {
    const [oldRoot] = (await open(['a.example'])).roots()
    const ca = await open(['a.example', 'b.example'])
    expect(ca.roots().length).toBe(2)
    expect(ca.roots()).toContain(oldRoot)
    const { keep } = planRotation(readAuthorities(directory), ca.hosts, clock.ms)
    expect(signerFor(keep, 'a.example', clock.ms)?.rootPem).toBe(oldRoot)
    expect(signerFor(keep, 'b.example', clock.ms)?.rootPem).not.toBe(oldRoot)
  })

  it('for a removed host: the authority that could still certify it is destroyed', async () => {
    const [oldRoot] = (await open(['a.example', 'b.example'])).roots()
    const ca = await open(['a.example'])
    expect(ca.roots()).not.toContain(oldRoot)
    expect(readdirSync(directory).length).toBe(1)
  })

  it('near the end: a successor is made while the old one still signs, then takes over', async () => {
    const ca = await open(['a.example'])
    const [oldRoot] = ca.roots()
    clock.ms += 340 * DAY_MS
    await ca.contextFor('a.example')
    await expect.poll(() => ca.roots().length).toBe(2)
    expect(told.at(-1)).toEqual(ca.roots())
    const authorities = readAuthorities(directory)
    expect(signerFor(planRotation(authorities, ['a.example'], clock.ms).keep, 'a.example', clock.ms)?.rootPem).toBe(oldRoot)
    clock.ms += 20 * DAY_MS
    expect(signerFor(planRotation(authorities, ['a.example'], clock.ms).keep, 'a.example', clock.ms)?.rootPem).not.toBe(oldRoot)
    clock.ms += 10 * DAY_MS
    expect((await open(['a.example'])).roots()).not.toContain(oldRoot)
  })

  it('keeps at most four authorities', async () => {
    const hosts = ['a.example', 'b.example', 'c.example', 'd.example', 'e.example', 'f.example']
    for (let count = 1; count <= hosts.length; count++) await open(hosts.slice(0, count))
    expect(readdirSync(directory).length).toBe(4)
    const ca = await open(hosts)
    for (const host of hosts) expect(await ca.contextFor(host)).toBeDefined()
  })
})

describe('the trust bundle', () => {
  it('holds our roots and the machine’s, once each, readable by all, replaced whole', async () => {
    const ca = await open(['a.example'])
    const path = join(directory, 'deep', 'bundle.pem')
    writeTrustBundle(path, ca.roots(), [...rootCertificates.slice(0, 3), rootCertificates[0] ?? ''])
    writeTrustBundle(path, ca.roots(), rootCertificates.slice(0, 3))
    expect(splitPem(readFileSync(path, 'utf8')).map((pem) => new X509Certificate(pem).fingerprint256)).toEqual(
      [...ca.roots(), ...rootCertificates.slice(0, 3)].map((pem) => new X509Certificate(pem).fingerprint256))
    expect(statSync(path).mode & 0o777).toBe(0o644)
    expect(readdirSync(join(directory, 'deep'))).toEqual(['bundle.pem'])
    const before = process.umask(0o077)
    writeTrustBundle(path, ca.roots(), [])
    process.umask(before)
    expect(statSync(path).mode & 0o777).toBe(0o644)
    writeTrustBundle(path, ca.roots())
    expect(splitPem(readFileSync(path, 'utf8')).length).toBeGreaterThan(50)
  })
})

describe('a leaf for a host outside, signed with the stolen key of the intermediate', () => {
  const INSIDE = 'api.example.com'
  const OUTSIDE = ['bank.example', 'api.example.com.evil.example', 'example.com']
  let home: string
  let roots: string
  let server: Server
  let port: number
  let authority: ConstrainedAuthority
  const leaves = new Map<string, string>()
  const sockets = new Set<Socket>()

  beforeAll(async () => {
    home = mkdtempSync(join(tmpdir(), 'postern-stolen-'))
    const system = { nowMs: () => Date.now(), monotonicMs: () => 0 }
    const ca = await openInterceptionCa({ directory: home, hosts: [INSIDE], clock: system, onRootsChanged: () => undefined, onRotationFailed: () => undefined })
    roots = join(home, 'roots.pem')
    writeFileSync(roots, ca.roots().join(''))
    authority = readAuthorities(home)[0] as ConstrainedAuthority
    const contexts = new Map<string, ReturnType<typeof createSecureContext>>()
    for (const host of [INSIDE, ...OUTSIDE]) {
      const leaf = await makeLeaf({
        commonName: 'leaf', issuer: authority.intermediate, usage: 'server', dnsNames: [host], notBeforeMs: Date.now() - DAY_MS, notAfterMs: Date.now() + DAY_MS,
      })
      leaves.set(host, leaf.certificatePem)
      contexts.set(host, createSecureContext({ cert: leaf.certificatePem + authority.intermediate.certificatePem, key: exportPrivateKey(leaf.privateKey) }))
    }
    server = createServer({ SNICallback: (name, done) => done(null, contexts.get(name)) }, (socket) => socket.end('HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n'))
    server.on('tlsClientError', () => undefined)
    server.on('secureConnection', (socket) => socket.on('error', () => undefined))
    server.on('connection', (socket: Socket) => sockets.add(socket))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    port = typeof address === 'object' && address !== null ? address.port : 0
  })
  afterAll(async () => {
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => server.close(resolve))
    rmSync(home, { recursive: true, force: true })
  })

  function run(file: string, args: readonly string[]): Promise<{ readonly code: number; readonly output: string }> {
    return new Promise((resolve) => {
      execFile(file, args, (error, stdout, stderr) => resolve({ code: typeof error?.code === 'number' ? error.code : error === null ? 0 : -1, output: stdout + stderr }))
    })
  }
  const verdicts = ['accepted', ...OUTSIDE.map(() => 'refused')]

  it('Node refuses it', async () => {
    const seen = await Promise.all([INSIDE, ...OUTSIDE].map((host) => new Promise((resolve) => {
      const socket = connect({ port, host: '127.0.0.1', servername: host, ca: readFileSync(roots) })
      socket.once('secureConnect', () => { socket.destroy(); resolve('accepted') })
      socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.message.includes('permitted subtree violation') ? 'refused' : error.message))
    })))
    expect(seen).toEqual(verdicts)
  })

  it('openssl refuses it', async () => {
    writeFileSync(join(home, 'intermediate.pem'), authority.intermediate.certificatePem)
    const seen: string[] = []
    for (const host of [INSIDE, ...OUTSIDE]) {
      writeFileSync(join(home, 'leaf.pem'), leaves.get(host) ?? '')
      const { code, output } = await run('openssl', ['verify', '-CAfile', roots, '-untrusted', join(home, 'intermediate.pem'), join(home, 'leaf.pem')])
      seen.push(code === 0 ? 'accepted' : output.includes('permitted subtree violation') ? 'refused' : output)
    }
    expect(seen).toEqual(verdicts)
  })

  it('curl refuses it', async () => {
    const seen = await Promise.all([INSIDE, ...OUTSIDE].map(async (host) => {
      const { code, output } = await run('curl', ['-sS', '--noproxy', '*', '--max-time', '10', '--cacert', roots, '--connect-to', `${host}:443:127.0.0.1:${port}`, `https://${host}/`])
      return code === 0 ? 'accepted' : code === 60 ? 'refused' : output
    }))
    expect(seen).toEqual(verdicts)
  })

  it('Python refuses it', async () => {
    const { output } = await run('python3', [join(import.meta.dirname, 'verifiers', 'verify.py'), roots, String(port), INSIDE, ...OUTSIDE])
    expect(output.trim().split('\n')).toEqual(verdicts)
  })

  it('Java refuses it', async () => {
    const { output } = await run('java', ['-XX:TieredStopAtLevel=1', join(import.meta.dirname, 'verifiers', 'Verify.java'), roots, String(port), INSIDE, ...OUTSIDE])
    expect(output.trim().split('\n')).toEqual(verdicts)
  })

  it('a leaf for an address is refused too', async () => {
    const leaf = await makeLeaf({
      commonName: 'leaf', issuer: authority.intermediate, usage: 'server', dnsNames: [INSIDE], ipAddresses: ['127.0.0.1', '::1'], notBeforeMs: Date.now() - DAY_MS, notAfterMs: Date.now() + DAY_MS,
    })
    writeFileSync(join(home, 'address.pem'), leaf.certificatePem)
    writeFileSync(join(home, 'middle.pem'), authority.intermediate.certificatePem)
    const { output } = await run('openssl', ['verify', '-CAfile', roots, '-untrusted', join(home, 'middle.pem'), join(home, 'address.pem')])
    expect(output).toContain('excluded subtree violation')
  })
})
