import { randomBytes } from 'node:crypto'
import { Secret } from '../../lib/secret.ts'
import type { Keyring } from '../../store/ports/keyring.ts'

/** Random bytes of this name that all authorities on the store share; made at the first use. */
export async function sharedBytes(keyring: Keyring, name: string, bytes = 32): Promise<Buffer> {
  const held = await keyring.claim(name, new Secret(randomBytes(bytes).toString('base64url')))
  return Buffer.from(held.reveal(), 'base64url')
}

/** A text of this name that all authorities on the store share; where there is none yet, it is the one given. */
export async function claimText(keyring: Keyring, name: string, candidate: string): Promise<string> {
  const held = await keyring.claim(name, new Secret(candidate))
  return held.reveal()
}

/** The text of this name as it is now, with the version that `replaceText` compares. */
export async function readText(keyring: Keyring, name: string): Promise<{ readonly text: string, readonly version: number } | undefined> {
  // The version first: a text that is newer than its version makes the replacement fail, never overwrite.
  const version = await keyring.versionOf(name)
  const held = await keyring.get(name)
  return held === undefined ? undefined : { text: held.reveal(), version }
}

/** Puts another text in its place. @returns false where another authority was quicker */
export function replaceText(keyring: Keyring, name: string, version: number, next: string): Promise<boolean> {
  return keyring.replace(name, version, new Secret(next))
}
