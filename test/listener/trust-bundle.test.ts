import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { makeRootCa } from '../../src/lib/certificates.ts'
import type { Timers } from '../../src/lib/timers.ts'
import { TrustBundle } from '../../src/proxy/listener/trust-bundle.ts'

const validity = { notBeforeMs: Date.UTC(2026, 0, 1), notAfterMs: Date.UTC(2036, 0, 1) }
const work: (() => void)[] = []
const failures: unknown[] = []
const timers: Timers = {
  after(_, run) {
    work.push(run)
    return () => { work.splice(work.indexOf(run), 1) }
  },
}
let directory: string
let path: string

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'postern-bundle-'))
  path = join(directory, 'bundle.pem')
  work.length = 0
  failures.length = 0
})

afterEach(() => rm(directory, { recursive: true, force: true }))

const open = (): TrustBundle => new TrustBundle({ path, timers, onRenewalFailed: (error) => failures.push(error) })
const rootPem = async (commonName: string): Promise<string> => (await makeRootCa({ commonName, ...validity })).certificatePem

describe('the trust bundle', () => {
  it('is written at once where it does not know our roots', async () => {
    const [one, other] = [await rootPem('one'), await rootPem('other')]
    open().write([one])
    expect(await readFile(path, 'utf8')).toContain(one.trim())
    open().write([one, other])
    expect(await readFile(path, 'utf8')).toContain(other.trim())
    expect(work).toHaveLength(0)
  })

  it('is brought up to date a moment later where it knows them', async () => {
    const [one, stale] = [await rootPem('one'), await rootPem('stale')]
    await writeFile(path, `${stale}${one}`)
    open().write([one])
    expect(await readFile(path, 'utf8')).toBe(`${stale}${one}`)
    work.shift()?.()
    const text = await readFile(path, 'utf8')
    expect(text).toContain(one.trim())
    expect(text).not.toContain(stale.trim())
    expect(failures).toEqual([])
  })

  it('is not written with roots that have been replaced meanwhile, nor after it is closed', async () => {
    const [one, other] = [await rootPem('one'), await rootPem('other')]
    await writeFile(path, one)
    const bundle = open()
    bundle.write([one])
    bundle.write([one, other])
    expect(work).toHaveLength(0)
    expect(await readFile(path, 'utf8')).toContain(other.trim())
    bundle.write([one])
    bundle.close()
    expect(work).toHaveLength(0)
  })

  it('says so where it cannot be brought up to date; what it knows stays', async () => {
    const one = await rootPem('one')
    await writeFile(path, one)
    open().write([one])
    await rm(directory, { recursive: true })
    await writeFile(directory, '')
    work.shift()?.()
    expect(failures).toHaveLength(1)
  })

  it('refuses a start that could not write it later', async () => {
    const one = await rootPem('one')
    await writeFile(path, one)
    await chmod(directory, 0o500)
    try {
      // Root may write anywhere: nothing to refuse then.
      if (process.getuid?.() === 0) expect(() => open().write([one])).not.toThrow()
      else expect(() => open().write([one])).toThrow('cannot be written')
    } finally {
      await chmod(directory, 0o700)
    }
  })
})
