import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes, sign, verify, type KeyObject } from 'node:crypto'
import { chmodSync, existsSync, linkSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { sentenceOf } from '../lib/system-error.ts'
import { Fault } from '../model/denial.ts'

const OTHERS = 0o007

/** Signs checkpoints and heads. */
export interface SigningKey {
  /** `ed25519:` and 22 base64url characters: the start of the SHA-256 of the public key's SPKI. */
  readonly id: string
  /** Ed25519 over the message's UTF-8. @returns base64url */
  sign(message: string): string
  readonly verifyKey: VerifyKey
}

/** Checks what a signing key signed. */
export interface VerifyKey {
  readonly id: string
  /** SPKI. */
  readonly publicKeyPem: string
  /** False also for a signature that is not in canonical base64url. */
  verifies(message: string, signature: string): boolean
}

/**
 * The Ed25519 key of this file (PKCS#8 PEM), created with mode 0600 where there is none; the public key (SPKI PEM) lies
 * beside it as `<file>.pub`.
 * @throws Fault `audit_unavailable` where it cannot be read, made, is another kind of key, or everybody on the machine may read it
 */
export function loadOrCreateSigningKey(file: string): SigningKey {
  try {
    if (!existsSync(file)) createKeyFile(file)
    if ((statSync(file).mode & OTHERS) !== 0) {
      throw new Error('everybody on this machine may read it; chmod 0600 it, and replace it if it was ever shared')
    }
    const key = createPrivateKey(readFileSync(file))
    if (key.asymmetricKeyType !== 'ed25519') throw new Error('it is not an Ed25519 key')
    const publicKey = createPublicKey(key)
    writePublicKey(`${file}.pub`, publicKey)
    return signingKey(key, publicKey)
  } catch (cause) {
    throw new Fault('audit_unavailable', `the audit signing key ${file} cannot be used: ${sentenceOf(cause)}`, { cause })
  }
}

/**
 * Reads a public key as `<file>.pub` holds it (SPKI PEM).
 * @throws Fault `audit_unavailable` where it cannot be read or is another kind of key
 */
export function readVerifyKey(file: string): VerifyKey {
  try {
    const text = readFileSync(file, 'utf8')
    if (text.includes('PRIVATE KEY')) throw new Error('it is the private key; give its .pub file')
    const key = createPublicKey(text)
    if (key.asymmetricKeyType !== 'ed25519') throw new Error('it is not an Ed25519 key')
    return verifyKey(key)
  } catch (cause) {
    throw new Fault('audit_unavailable', `the audit public key ${file} cannot be used: ${sentenceOf(cause)}`, { cause })
  }
}

function createKeyFile(file: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  const pem = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' })
  // At random, since in a container the process that died there had the same id.
  const draft = `${file}.${randomBytes(6).toString('hex')}.new`
  try {
    writeFileSync(draft, pem, { mode: 0o600, flag: 'wx', flush: true })
    // A link appears whole or not at all, and never replaces a key that another process made meanwhile.
    linkSync(draft, file)
  } catch (cause) {
    if (!existsSync(file)) throw cause
  } finally {
    rmSync(draft, { force: true })
  }
}

function writePublicKey(file: string, key: KeyObject): void {
  const pem = key.export({ type: 'spki', format: 'pem' }).toString()
  try {
    if (existsSync(file) && readFileSync(file, 'utf8') === pem) return
    writeFileSync(file, pem, { mode: 0o644 })
    chmodSync(file, 0o644)
  } catch (cause) {
    // A key mounted read-only has no room beside it: its public half is then the operator's to hand out.
    if (!isReadOnly(cause)) throw cause
  }
}

function isReadOnly(cause: unknown): boolean {
  return cause instanceof Error && 'code' in cause && (cause.code === 'EROFS' || cause.code === 'EACCES' || cause.code === 'EPERM')
}

function signingKey(key: KeyObject, publicKey: KeyObject): SigningKey {
  const verifier = verifyKey(publicKey)
  return { id: verifier.id, verifyKey: verifier, sign: (message) => sign(null, Buffer.from(message), key).toString('base64url') }
}

function verifyKey(key: KeyObject): VerifyKey {
  const fingerprint = createHash('sha256').update(key.export({ type: 'spki', format: 'der' })).digest()
  return {
    id: `ed25519:${fingerprint.toString('base64url', 0, 16)}`,
    publicKeyPem: key.export({ type: 'spki', format: 'pem' }).toString(),
    verifies: (message, signature) => {
      const bytes = Buffer.from(signature, 'base64url')
      return bytes.toString('base64url') === signature && verify(null, Buffer.from(message), key, bytes)
    },
  }
}
