import { randomBytes } from 'node:crypto'
import { chmodSync, mkdirSync, readdirSync, rmSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type ConfiguredDirectory, PULL } from './support/configured.ts'
import { inConfiguredDirectory } from './support/in-configured-directory.ts'
import { STACK, type Ended } from './support/process.ts'

const CONFIG = 78
const UNAVAILABLE = 69

let directory: ConfiguredDirectory
inConfiguredDirectory((made) => {
  directory = made
})

const config = (change: (text: string) => string): Promise<void> => directory.edit('postern.yaml', change)
const start = (before: readonly string[] = []): Promise<Ended> => directory.start({ before }).ended
/** Root may do everything: here it may not read and write what its permission bits forbid. */
const bound = process.getuid?.() === 0 ? ['setpriv', '--bounding-set', '-dac_override,-dac_read_search', '--'] : []

/** Told in one line, with this exit code; nothing listens and nothing was made. */
function expectRefusal({ code, signal, stdout, stderr }: Ended, exit: number, line: RegExp | string): void {
  if (line instanceof RegExp) expect(stderr).toMatch(line)
  else expect(stderr).toBe(`${line}\n`)
  expect({ code, signal, stdout }).toEqual({ code: exit, signal: null, stdout: '' })
  expect(stderr).not.toMatch(STACK)
}

describe('a configuration or policy that cannot be used: exit 78, each problem with its place, and nothing is made', () => {
  let before: readonly string[]
  const files = (): readonly string[] => readdirSync(directory.path, { recursive: true, encoding: 'utf8' }).sort()
  beforeEach(() => {
    before = files()
  })
  afterEach(() => {
    if (files().join('\n') !== before.join('\n')) throw new Error(`something was made: ${files().join(', ')}`)
  })

  it('names every problem of the configuration', async () => {
    await config((text) => text.replace('mode: strict', 'mode: loose').replace('listener:', 'listner:'))
    const { code, stderr, stdout } = await start()
    expect(stderr.trimEnd().split('\n')).toEqual([
      'postern.yaml:3:1: listner: the key `listner` is not known here; expected: `listener`',
      'postern.yaml:40:16: audit.mode: the value is not one of those accepted; expected: one of `strict`, `relaxed`',
    ])
    expect({ code, stdout }).toEqual({ code: CONFIG, stdout: '' })
  })

  it('says so where there is no such file', async () => {
    expectRefusal(await directory.start({ cwd: directory.file('policies') }).ended, CONFIG, /^postern\.yaml:1:1: there is no postern\.yaml; expected: .+\n$/)
  })

  it('names file, line and column of a bad policy', async () => {
    await directory.edit('policies/org.yaml', (text) => text.replace('deny: { integration: github,', 'deny: { integration: gihtub,'))
    expectRefusal(await start(), CONFIG, /^\S+\/policies\/org\.yaml:9:\d+: rules\[0\]\.deny\.integration\[0\]: no integration is named `gihtub`; expected: `github`\n$/)
  })

  it('names a policy directory without policies', async () => {
    await config((text) => text.replace(/^policies: .*$/m, 'policies: ./identity'))
    expectRefusal(await start(), CONFIG, /^\S+\/identity:1:1: the directory holds no policy file; expected: .+\n$/)
  })

  it('names a secret that is not there', async () => {
    await config((text) => text.replace(/key: \{ file: "[^"]*store\.key" \}/, 'key: { env: POSTERN_TEST_STORE_KEY }'))
    expectRefusal(await start(), CONFIG, /^postern\.yaml:\d+:\d+: store\.key: the environment variable POSTERN_TEST_STORE_KEY is not set; expected: .+\n$/)
  })

  it('names a key file that everybody may read', async () => {
    chmodSync(directory.file('store.key'), 0o644)
    expectRefusal(await start(), CONFIG, /^postern\.yaml:\d+:\d+: store\.key: everybody on this machine may read or write \S+store\.key; expected: .*chmod 600 .*\n$/)
  })

  it('names a key file that it may not read', async () => {
    chmodSync(directory.file('store.key'), 0)
    expectRefusal(await start(bound), CONFIG, /^postern\.yaml:\d+:\d+: store\.key: this user may not read \S+store\.key; expected: .+\n$/)
  })
})

describe('a key that is there and is no use: exit 78', () => {
  it('names the integration whose key is none', async () => {
    writeFileSync(directory.file('app.pem'), 'no key at all', { mode: 0o600 })
    await config((text) => text.replace(/private_key: \{ file: "[^"]*" \}/, 'private_key: { file: ./app.pem }'))
    expectRefusal(await start(), CONFIG, 'postern: the integration github cannot be used: the private key of the GitHub App is no RSA key in PEM form')
  })

  it('says that the store was sealed with another key, and leaves it as it was', async () => {
    const { process } = await directory.ready()
    process.signal('SIGTERM')
    await process.ended
    const bytes = readFileSync(directory.file('postern.db'))
    writeFileSync(directory.file('store.key'), randomBytes(32).toString('base64'), { mode: 0o600 })
    expectRefusal(await start(), CONFIG, /^postern: The store was encrypted with the key [0-9a-f]+, which is not among the keys given: configure that key [^\n]*\n$/)
    expect(readFileSync(directory.file('postern.db')).equals(bytes)).toBe(true)
  })

  it('says that everybody may read the audit’s signing key', async () => {
    writeFileSync(directory.file('audit-key.pem'), 'x', { mode: 0o644 })
    chmodSync(directory.file('audit-key.pem'), 0o644)
    expectRefusal(await start(), CONFIG, /^postern: the audit signing key \S+audit-key\.pem cannot be used: everybody on this machine may read it; chmod 0600 it[^\n]*\n$/)
  })
})

describe('something in the way: exit 69', () => {
  it('says that the address is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    const { port } = await new Promise<AddressInfo>((resolve) => other.once('listening', () => resolve(other.address() as AddressInfo)))
    await config((text) => text.replace('listener: { address: "127.0.0.1:0" }', `listener: { address: "127.0.0.1:${port}" }`))
    expectRefusal(await start(), UNAVAILABLE, `postern: The listener cannot use 127.0.0.1:${port}: another program is listening there.`)
    await config((text) => text.replace(`"127.0.0.1:${port}"`, '"127.0.0.1:0"').replace('operations: { address: "127.0.0.1:0"', `operations: { address: "127.0.0.1:${port}"`))
    expectRefusal(await start(), UNAVAILABLE, `postern: another program is listening on 127.0.0.1:${port}: end that one, or choose another address`)
    other.close()
  })

  it('says that another process writes the audit log, which goes on unharmed', async () => {
    const { process, url } = await directory.ready()
    expectRefusal(await start(), UNAVAILABLE, `postern: the audit log ${directory.file('audit.jsonl')} cannot be opened: another process is writing it`)
    expect((await directory.call(url + PULL, await directory.token())).status).toBe(200)
    process.signal('SIGTERM')
    expect((await process.ended).code).toBe(0)
  })

  it('says that another process has the store, whose credentials it would take for a crash’s leavings', async () => {
    const { process, url } = await directory.ready()
    await config((text) => text.replaceAll('audit.jsonl', 'audit-2.jsonl').replaceAll('audit-key.pem', 'audit-key-2.pem'))
    const { code, stderr } = await start()
    expect(stderr).toMatch(/^postern: another Postern uses the store .+: give each a store\.file of its own, or all of them one store\.redis\n$/)
    expect(code).toBe(UNAVAILABLE)
    expect((await directory.call(url + PULL, await directory.token())).status).toBe(200)
    process.signal('SIGTERM')
    expect((await process.ended).code).toBe(0)
  })

  it('writes nothing after an audit log that was cut short, and says how it can be looked at', async () => {
    const { process } = await directory.ready()
    process.signal('SIGTERM')
    await process.ended
    const file = directory.file('audit.jsonl')
    const cut = readFileSync(file, 'utf8').replace(/[^\n]+\n$/, '')
    writeFileSync(file, cut)
    expectRefusal(await start(), UNAVAILABLE, /^postern: the audit log \S+audit\.jsonl is not as it was left: .+; "postern audit verify" tells more[^\n]+\n$/)
    expect(readFileSync(file, 'utf8')).toBe(cut)
  })

  it('says that the state directory is read-only', async () => {
    mkdirSync(directory.file('state'), { mode: 0o500 })
    await config((text) => text.replaceAll(directory.file('postern.db'), directory.file('state/postern.db'))
      .replaceAll(directory.file('audit'), directory.file('state/audit')))
    expectRefusal(await start(bound), UNAVAILABLE, /^postern: [^\n]*state\/audit[^\n]*\n$/)
    expect(readdirSync(directory.file('state'))).toEqual([])
  })

  it('says what no longer fits on a full disk, leaves no half of a file, and starts once there is room', async () => {
    const full = (kibibytes: number): Promise<Ended> => start(['bash', '-c', `ulimit -S -f ${kibibytes}; exec "$@"`, 'limited'])
    const why = 'this process may make no file so large: raise its limit (ulimit -f)'
    expectRefusal(await full(0), UNAVAILABLE, `postern: the audit signing key ${directory.file('audit-key.pem')} cannot be used: ${why}`)
    expectRefusal(await full(16), UNAVAILABLE, `postern: The disk refused to read or write the store ${directory.file('postern.db')}: check the disk, then start again.`)
    await startsAndEnds()
    // The store is there by now; the bundle is the one file that has still to be written whole.
    rmSync(directory.file('bundle.pem'))
    expectRefusal(await full(200), UNAVAILABLE, `postern: ${directory.file('bundle.pem')} cannot be written: ${why}`)
    expect(readdirSync(directory.path).filter((name) => /\.tmp$|\.new$|^bundle\.pem$/.test(name))).toEqual([])
    await startsAndEnds()
  })

  async function startsAndEnds(): Promise<void> {
    const { process } = await directory.ready()
    process.signal('SIGTERM')
    expect((await process.ended).code).toBe(0)
  }
})
