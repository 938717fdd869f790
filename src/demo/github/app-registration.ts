import { createPublicKey, generateKeyPair, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import type { Account } from './model.ts'
import type { Permissions } from './permissions.ts'

/** A GitHub App as it is registered: what it may ask for at most. */
export interface AppRegistration {
  readonly id: number
  readonly clientId: string
  readonly slug: string
  readonly name: string
  /** PKCS #1, as GitHub hands it out. */
  readonly privateKeyPem: string
  readonly publicKey: KeyObject
  readonly permissions: Permissions
}

/** The app on one account. */
export interface Installation {
  readonly id: number
  readonly account: Account
  readonly repositoryIds: readonly number[]
  /** What the account granted; never more than the app asks for. */
  readonly permissions: Permissions
  suspended: boolean
}

/** Registers an app: makes its RSA key. */
export async function registerApp(options: Omit<AppRegistration, 'privateKeyPem' | 'publicKey'>): Promise<AppRegistration> {
  const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 })
  return {
    ...options,
    privateKeyPem: privateKey.export({ type: 'pkcs1', format: 'pem' }).toString(),
    publicKey: createPublicKey(privateKey),
  }
}

/** The app as the author of what is written with its tokens. */
export function appBot(app: AppRegistration): Account {
  return { id: app.id + 1_000_000, login: `${app.slug}[bot]`, type: 'Bot' }
}
