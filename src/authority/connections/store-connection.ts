import { randomBytes } from 'node:crypto'
import type { Granted } from '../../integrations/upstream-oauth.ts'
import type { PersonId } from '../../model/ids.ts'
import type { Connection, ConnectionAccount, Connections } from '../../store/ports/connections.ts'

/** What a person has just authorised. */
export interface NewAuthorisation {
  readonly integration: string
  readonly person: PersonId
  readonly label: string | undefined
  readonly account: ConnectionAccount | undefined
  readonly granted: Granted
}

export type StoredAuthorisation =
  | { readonly kind: 'created' | 'renewed'; readonly connection: Connection }
  /** The name is another account's already. `too_many`: nobody has so many. */
  | { readonly kind: 'label_taken' | 'too_many' }

const MAX_OF_ONE_PERSON = 50
const ATTEMPTS = 20
const NAMELESS = 'default'

/**
 * Keeps an authorisation. The same account again renews the connection that it has, whatever that is called: what is delegated through it goes
 * on. Another account never takes a connection's place, and one that was revoked stays revoked: what was delegated through it does not come back.
 */
export async function storeConnection(connections: Connections, wanted: NewAuthorisation): Promise<StoredAuthorisation> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const own = (await connections.list(wanted.person)).filter(({ owner, integration }) => owner === wanted.person && integration === wanted.integration)
    const same = own.find((one) => one.state !== 'revoked' && isSame(one, wanted))
    const stored = same === undefined ? await create(connections, wanted, own) : await renew(connections, same, wanted)
    // Undefined: somebody else was quicker; look again.
    if (stored !== undefined) return stored
  }
  return { kind: 'label_taken' }
}

/** An upstream that does not say whose a token is leaves the name alone to go by. */
function isSame(one: Connection, { account, label }: NewAuthorisation): boolean {
  return account === undefined ? one.account === undefined && one.label === (label ?? NAMELESS) : one.account?.id === account.id
}

async function renew(connections: Connections, same: Connection, { granted, account }: NewAuthorisation): Promise<StoredAuthorisation | undefined> {
  const replacement = { scopes: granted.scopes, tokens: granted.tokens, ...(account === undefined ? {} : { account }) }
  const connection = await connections.replaceTokens(same.id, same.version, replacement, undefined)
  return connection === undefined ? undefined : { kind: 'renewed', connection }
}

async function create(connections: Connections, wanted: NewAuthorisation, own: readonly Connection[]): Promise<StoredAuthorisation | undefined> {
  if (own.filter(({ state }) => state !== 'revoked').length >= MAX_OF_ONE_PERSON) return { kind: 'too_many' }
  const label = freeLabel(wanted, own)
  if (label === undefined) return { kind: 'label_taken' }
  // Tells whether it is ours that was stored, or one of the same name that came first.
  const nonce = randomBytes(16).toString('base64url')
  const { integration, person: owner, account, granted } = wanted
  const key = { integration, owner, label }
  const connection = await connections.create({ ...key, ...granted, imported: [nonce], ...(account === undefined ? {} : { account }) })
  return connection.imported.includes(nonce) ? { kind: 'created', connection } : undefined
}

/** @returns undefined where the person's own name for it is taken by one that lives */
function freeLabel({ label, account }: NewAuthorisation, own: readonly Connection[]): string | undefined {
  const wanted = label ?? account?.name ?? NAMELESS
  if (label !== undefined && own.some((one) => one.label === label && one.state !== 'revoked')) return undefined
  const taken = new Set(own.map((one) => one.label))
  for (let number = 1; ; number += 1) {
    const candidate = number === 1 ? wanted : `${wanted} ${number}`
    if (!taken.has(candidate)) return candidate
  }
}
