import { generateKeyPairSync } from 'node:crypto'
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { loadOrCreateSigningKey, readVerifyKey } from '../../src/audit/signing-key.ts'

const directory = mkdtempSync(join(tmpdir(), 'postern-key-'))
afterAll(() => rmSync(directory, { recursive: true }))

describe('the signing key', () => {
  it('is made at first use, readable by its owner only, with its public half beside it', () => {
    const file = join(directory, 'new', 'audit.key')
    const key = loadOrCreateSigningKey(file)
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(readFileSync(`${file}.pub`, 'utf8')).toContain('BEGIN PUBLIC KEY')
    const verifier = readVerifyKey(`${file}.pub`)
    expect(verifier.id).toBe(key.id)
    expect(key.id).toMatch(/^ed25519:[A-Za-z0-9_-]{22}$/)
    expect(verifier.verifies('a message', key.sign('a message'))).toBe(true)
    expect(verifier.verifies('another message', key.sign('a message'))).toBe(false)
  })

  it('is the same at the next start', () => {
    const file = join(directory, 'audit.key')
    expect(loadOrCreateSigningKey(file).id).toBe(loadOrCreateSigningKey(file).id)
  })

  it('is made although a process of the same id died while it made one', () => {
    const file = join(directory, 'died.key')
    writeFileSync(`${file}.${process.pid}.new`, 'half a key')
    expect(loadOrCreateSigningKey(file).id).toMatch(/^ed25519:/)
  })

  it('accepts a signature in one spelling only', () => {
    const key = loadOrCreateSigningKey(join(directory, 'audit.key'))
    const signature = key.sign('m')
    const last = signature.at(-1) ?? ''
    const alike = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    const spellings = [...alike].filter((char) => char !== last).map((char) => signature.slice(0, -1) + char)
    const accepted = [...spellings, `${signature}=`, `${signature} `, ''].filter((other) => key.verifyKey.verifies('m', other))
    expect(accepted).toEqual([])
    expect(key.verifyKey.verifies('m', signature)).toBe(true)
  })

  it.each([
    ['everybody may read', () => put(privatePem('ed25519'), 0o644), 'everybody on this machine may read it'],
    ['is of another kind', () => put(privatePem('ed448'), 0o600), 'it is not an Ed25519 key'],
    ['is no key', () => put('no key', 0o600), 'cannot be used'],
  ])('is refused where the file %s', (_name, prepare, why) => {
    const file = prepare()
    expect(() => loadOrCreateSigningKey(file)).toThrow(expect.objectContaining({ code: 'audit_unavailable', message: expect.stringContaining(why) }))
  })

  it('is not taken for the public key', () => {
    const file = join(directory, 'audit.key')
    loadOrCreateSigningKey(file)
    expect(() => readVerifyKey(file)).toThrow(/it is the private key; give its \.pub file/)
    expect(() => readVerifyKey(join(directory, 'none.pub'))).toThrow(expect.objectContaining({ code: 'audit_unavailable' }))
  })
})

let count = 0

function put(text: string, mode: number): string {
  const file = join(directory, `given-${count++}`)
  writeFileSync(file, text)
  chmodSync(file, mode)
  return file
}

function privatePem(type: 'ed25519' | 'ed448'): string {
  const pair = type === 'ed25519' ? generateKeyPairSync('ed25519') : generateKeyPairSync('ed448')
  return pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
}
