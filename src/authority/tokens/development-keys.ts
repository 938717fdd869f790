import { randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { link, mkdir, open, rename, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { calculateJwkThumbprint, exportJWK, exportPKCS8, generateKeyPair, importPKCS8 } from 'jose'
import type { CryptoKey } from 'jose'
import type { SigningKey } from './sign-delegation-token.ts'

const ALGORITHM = 'ES256'
const MAX_KEY_BYTES = 16_384

/** What the configuration and the token say about tokens that were signed with a development key. */
export const DEVELOPMENT_ISSUER = 'https://postern.localhost/development'
/** @see DEVELOPMENT_ISSUER */
export const DEVELOPMENT_AUDIENCE = 'https://postern.localhost'

/** A key of this machine's own, for tokens that no authority signs. */
export interface DevelopmentKeys {
  readonly signingKey: SigningKey
  /** Private, mode 0600. */
  readonly keyFile: string
  /** Public: what `identity.delegation_tokens.jwks.file` names. */
  readonly jwksFile: string
}

/**
 * The development key of a directory, made at its first use together with its public key set.
 * @param keyFile the private key, where it is not the directory's own
 * @throws Error with one clear sentence where a file cannot be used, or is readable by others
 */
export async function createDevelopmentKeys(directory: string, keyFile = join(directory, 'development-key.pem')): Promise<DevelopmentKeys> {
  await mkdir(directory, { recursive: true, mode: 0o700 })
  const pem = await readKey(keyFile) ?? await createKey(keyFile)
  const privateKey = await importKey(pem, keyFile)
  const { kty, crv, x, y } = await exportJWK(privateKey)
  if (kty !== 'EC' || crv === undefined || x === undefined || y === undefined) throw new Error(`${keyFile} is no EC key`)
  const kid = await calculateJwkThumbprint({ kty, crv, x, y })
  const jwksFile = join(directory, 'development-jwks.json')
  await writeWhole(jwksFile, `${JSON.stringify({ keys: [{ kty, crv, x, y, kid, use: 'sig', alg: ALGORITHM }] }, null, 2)}\n`)
  return { signingKey: { kid, algorithm: ALGORITHM, privateKey }, keyFile, jwksFile }
}

async function readKey(file: string): Promise<string | undefined> {
  const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return undefined
    throw new Error(`the development key ${file} cannot be read: ${codeOf(error)}`)
  })
  if (handle === undefined) return undefined
  try {
    const { mode, size } = await handle.stat()
    if ((mode & 0o077) !== 0) throw new Error(`the development key ${file} can be read by others; make it private: chmod 600 ${file}`)
    if (size > MAX_KEY_BYTES) throw new Error(`${file} is no private key`)
    return await handle.readFile('utf8')
  } finally {
    await handle.close()
  }
}

/** Two processes at once make one key: a link is made once, and the second reads what the first made. */
async function createKey(file: string): Promise<string> {
  const { privateKey } = await generateKeyPair(ALGORITHM, { extractable: true })
  const pem = await exportPKCS8(privateKey)
  const temporary = temporaryName(file)
  await writeFile(temporary, pem, { mode: 0o600, flag: 'wx' })
  try {
    await link(temporary, file)
    return pem
  } catch (error) {
    const made = codeOf(error) === 'EEXIST' ? await readKey(file) : undefined
    if (made === undefined) throw new Error(`the development key ${file} cannot be written: ${codeOf(error)}`, { cause: error })
    return made
  } finally {
    await unlink(temporary)
  }
}

async function importKey(pem: string, file: string): Promise<CryptoKey> {
  try {
    return await importPKCS8(pem, ALGORITHM, { extractable: true })
  } catch {
    throw new Error(`${file} is no private key for ${ALGORITHM} (PKCS #8 PEM, P-256); remove it to have a new one made`)
  }
}

/** A reader sees the old file or the new one, whole. */
async function writeWhole(file: string, text: string): Promise<void> {
  const temporary = temporaryName(file)
  await writeFile(temporary, text, { mode: 0o644, flag: 'wx' })
  await rename(temporary, file)
}

function temporaryName(file: string): string {
  return `${file}.${randomBytes(6).toString('hex')}.new`
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason'
}
