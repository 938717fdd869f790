import { randomBytes } from 'node:crypto'

declare const brand: unique symbol
type Id<Name extends string> = string & { readonly [brand]: Name }

/** `agent:pr-reviewer`: software that calls through us. */
export type AgentId = Id<'agent'>
/** `user:alice@acme.com`: the human on whose behalf. */
export type PersonId = Id<'person'>
/** `dlg_…`: one person's approval of one agent. */
export type DelegationId = Id<'delegation'>
/** `ses_…`: one run of an agent under one delegation. */
export type SessionId = Id<'session'>
/** `crd_…`: one credential that was issued. */
export type CredentialId = Id<'credential'>
/** `con_…`: one stored authorisation at one integration. */
export type ConnectionId = Id<'connection'>
/** `apr_…`: one question to a person: may this be done? */
export type ApprovalId = Id<'approval'>
/** `evt_…`: one audit record. */
export type EventId = Id<'event'>
/** `dec_…`: one decision, or one refusal before any decision; what a denied client is told. */
export type DecisionId = Id<'decision'>

const AGENT = /^agent:[a-z0-9](?:[a-z0-9._-]{0,61}[a-z0-9])?$/
const PERSON = /^user:[\x21-\x7e]{1,254}$/

/** @returns the id, or undefined where the text is not of the form `agent:name` (lower case, digits, `.`, `_`, `-`; at most 63). */
export function parseAgentId(text: string): AgentId | undefined {
  return AGENT.test(text) ? (text as AgentId) : undefined
}

/** @returns the id, or undefined where the text is not `user:` and 1 to 254 printable ASCII characters without space. */
export function parsePersonId(text: string): PersonId | undefined {
  return PERSON.test(text) ? (text as PersonId) : undefined
}

interface Prefixed {
  readonly dlg: DelegationId
  readonly ses: SessionId
  readonly crd: CredentialId
  readonly con: ConnectionId
  readonly apr: ApprovalId
  readonly evt: EventId
  readonly dec: DecisionId
}

/** 120 bits, which are 20 letters of base64url without a rest. */
const ID_BYTES = 15
const ID_LETTERS = 20
/** Written together; few, since an id that is kept keeps the text that it was cut from. */
const IDS_AT_ONCE = 32
const POOL_BYTES = ID_BYTES * IDS_AT_ONCE * 16
let bytes = Buffer.alloc(0)
let bytesOffset = 0
let pool = ''
let poolOffset = 0

/** A new unguessable id: the prefix and 120 random bits in base64url. */
export function newId<P extends keyof Prefixed>(prefix: P): Prefixed[P] {
  const from = nextLetters()
  return `${prefix}_${pool.slice(from, from + ID_LETTERS)}` as Prefixed[P]
}

/** Writes a new id without its prefix, for those who make bytes of it anyway. There must be room. @returns where it ends */
export function putIdLetters(to: Uint8Array, at: number): number {
  const from = nextLetters()
  for (let index = 0; index < ID_LETTERS; index++) to[at + index] = pool.charCodeAt(from + index)
  return at + ID_LETTERS
}

/** @returns where in the pool 20 letters stand that nobody has had */
function nextLetters(): number {
  if (poolOffset >= pool.length) {
    pool = nextTexts()
    poolOffset = 0
  }
  poolOffset += ID_LETTERS
  return poolOffset - ID_LETTERS
}

/** Random bytes are had from the system in larger pieces: each asking costs as much as many ids. */
function nextTexts(): string {
  if (bytesOffset >= bytes.length) {
    bytes = randomBytes(POOL_BYTES)
    bytesOffset = 0
  }
  const end = bytesOffset + ID_BYTES * IDS_AT_ONCE
  const texts = bytes.toString('base64url', bytesOffset, end)
  // What was given out is kept nowhere else.
  bytes.fill(0, bytesOffset, end)
  bytesOffset = end
  return texts
}

/** @returns the id, or undefined where the text is not that prefix and 1 to 64 base64url characters. */
export function parseId<P extends keyof Prefixed>(prefix: P, text: string): Prefixed[P] | undefined {
  return text.startsWith(`${prefix}_`) && /^[A-Za-z0-9_-]{1,64}$/.test(text.slice(prefix.length + 1)) ? (text as Prefixed[P]) : undefined
}
