import { z } from 'zod'
import { parsePersonId } from '../../model/ids.ts'
import type { PersonId } from '../../model/ids.ts'
import { agentIdText } from './agents.ts'
import { connectSchema } from './connect.ts'
import { dnsName, durationText, fileReference, flag, lineText, listenAddressText, publicUrlText, resourceText, secretReference, urlText } from './values.ts'

const FORM = 'the text is not of the form accepted here'

const personText = z.string().refine((text): text is PersonId => parsePersonId(text) !== undefined, FORM)
  .describe('`user:` and an address, such as `user:alice@acme.com`')

const claimName = z.string().min(1).max(256).regex(/^[\x21-\x7e]+$/)
const clientId = z.string().min(1).max(256).regex(/^[\x21-\x7e]+$/)

const login = z.strictObject({
  issuer: urlText,
  client_id: clientId,
  client_secret: secretReference.optional(),
  scopes: z.array(z.string().min(1).max(128).regex(/^[\x21\x23-\x5b\x5d-\x7e]+$/)).max(32).default(['openid', 'email', 'profile']),
  claims: z.strictObject({
    person: claimName.default('email'),
    name: claimName.default('name'),
    groups: claimName.default('groups'),
  }).prefault({}),
  unsafe_unverified_email: flag,
  connect: connectSchema.prefault({}),
})

const role = z.strictObject({
  groups: z.array(lineText).max(256).default([]),
  people: z.array(personText).max(1000).default([]),
})

const lifetimes = z.strictObject({
  delegation_token: durationText.default(600_000),
  refresh_token: durationText.default(30 * 86_400_000),
  consent_default: durationText.default(3_600_000),
  consent_max: durationText.default(30 * 86_400_000),
  session: durationText.default(30 * 86_400_000),
  stand_in_token: durationText.default(300_000),
  browser_session: durationText.default(12 * 3_600_000),
  approval_answer: durationText.default(600_000),
  approval_valid: durationText.default(600_000),
  break_glass_max: durationText.default(3_600_000),
  refresh_replay: durationText.default(20_000),
})

const audience = z.strictObject({
  audience: z.string().min(1).max(512).regex(/^[\x21-\x7e]+$/),
  claims: z.enum(['postern', 'rfc8693']).default('rfc8693'),
})

const resourceServer = z.strictObject({ resource: resourceText, agent: agentIdText })

const tls = z.strictObject({
  certificate: fileReference,
  key: secretReference,
  client_ca: fileReference.optional(),
})

/** `authority`: where people sign in, approve, look at and take back what agents may do for them. */
export const authoritySchema = z.strictObject({
  url: publicUrlText,
  address: listenAddressText.default('127.0.0.1:8081'),
  tls: tls.optional(),
  unsafe_allow_plaintext: flag,
  behind_proxy: flag,
  login: login.optional(),
  unsafe_demo_accounts: z.array(z.strictObject({ person: personText, name: lineText, groups: z.array(lineText).max(64).default([]) })).max(32).default([]),
  roles: z.strictObject({ operator: role.prefault({}), auditor: role.prefault({}) }).prefault({}),
  lifetimes: lifetimes.prefault({}),
  audiences: z.array(audience).max(64).default([]),
  resource_servers: z.array(resourceServer).max(256).default([]),
  client_metadata: z.strictObject({ hosts: z.array(dnsName).max(64).default([]), connect: connectSchema.prefault({}) }).prefault({}),
})

/** `store.redis`: one Redis that several authorities share. */
export const redisSchema = z.strictObject({
  topology: z.enum(['single', 'sentinel', 'cluster']).default('single'),
  nodes: z.array(z.string().max(300).regex(/^(?:\[[0-9a-fA-F:.]+\]|[^:[\]/\s@]+):[1-9][0-9]{0,4}$/).transform((text) => {
    const colon = text.lastIndexOf(':')
    return { host: text.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(text.slice(colon + 1)) }
  }).describe('`host:port` or `[ipv6]:port`')).min(1).max(64),
  master: z.string().min(1).max(128).optional(),
  username: z.string().min(1).max(128).optional(),
  password: secretReference.optional(),
  database: z.int().min(0).max(1023).default(0),
  tls: z.strictObject({ ca: fileReference.optional(), server_name: dnsName.optional() }).optional(),
  unsafe_allow_plaintext: flag,
  unsafe_allow_volatile: flag,
  prefix: z.string().regex(/^[a-z0-9][a-z0-9_-]{0,31}$/).default('postern').describe('a name of lower-case letters, digits, `_` and `-`'),
})

/** An upstream's OAuth 2 server, where people connect their accounts. */
export const oauthSchema = z.strictObject({
  authorize_url: urlText,
  token_url: urlText,
  revoke_url: urlText.optional(),
  issuer: urlText.optional(),
  client_id: clientId,
  client_secret: secretReference.optional(),
  client_authentication: z.enum(['basic', 'post']).default('basic'),
  scopes: z.array(z.string().min(1).max(256)).max(128).default([]),
  scope_separator: z.enum([' ', ',']).default(' '),
  pkce: z.boolean().default(true).describe('true or false'),
  connect: connectSchema.optional(),
})

