import { z } from 'zod'
import { parseAgentId, parseId } from '../../model/ids.ts'
import type { AgentId, DelegationId, SessionId } from '../../model/ids.ts'
import { isRedirectUri } from '../../http/redirect-uri.ts'
import { lineText } from './values.ts'

const FORM = 'the text is not of the form accepted here'

/** `agent:pr-reviewer`. */
export const agentIdText = z.string().refine((text): text is AgentId => parseAgentId(text) !== undefined, FORM)
  .describe('`agent:` and a name of lower-case letters, digits, `.`, `_` and `-`')

const spiffeText = z.string().max(2048).regex(/^spiffe:\/\/[a-z0-9._-]{1,255}(?:\/(?!\.{1,2}(?:\/|$))[A-Za-z0-9._-]+)+$/)
  .describe('a SPIFFE id such as `spiffe://acme.com/agents/pr-reviewer`')

const subjectText = z.string().max(512).regex(/^[A-Za-z0-9.]+=[^\p{C}]+$/u).transform((text) => text.replace(/(?<!\\),\s+/g, ','))
  .describe('a certificate subject, most specific first, such as `CN=pr-reviewer,O=Acme`')

const serviceAccountText = z.string().regex(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\/[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/)
  .describe('`namespace/name` of a Kubernetes service account')

/** Compared as it stands; what browsers and servers read in two ways is not taken. */
const redirectUriText = z.string().max(1024).refine(isRedirectUri, FORM)
  .describe('`https://…` without fragment, user or wildcard, or `http://127.0.0.1/…` for a program on the person’s machine')

const publicKeyText = z.string().max(8192).regex(/^\s*-----BEGIN PUBLIC KEY-----[A-Za-z0-9+/=\s]+-----END PUBLIC KEY-----\s*$/)
  .describe('a public key in PEM (`-----BEGIN PUBLIC KEY-----`)')

const agent = z.strictObject({
  id: agentIdText,
  name: lineText.optional(),
  owner: lineText.optional(),
  status: z.enum(['active', 'revoked']).default('active'),
  spiffe: spiffeText.optional(),
  subject: subjectText.optional(),
  service_account: serviceAccountText.optional(),
  redirect_uris: z.array(redirectUriText).max(32).default([]),
  public_key: publicKeyText.optional(),
})

/** `agents`: who may call at all. */
export const agentsSchema = z.array(agent).min(1).max(10_000).describe('a list of agents, each with its `id`')

const delegationIdText = z.string().refine((text): text is DelegationId => parseId('dlg', text) !== undefined, FORM)
  .describe('a delegation id: `dlg_…`')
const sessionIdText = z.string().refine((text): text is SessionId => parseId('ses', text) !== undefined, FORM)
  .describe('a session id: `ses_…`')

/** `revoked`: what was taken back. */
export const revokedSchema = z.strictObject({
  delegations: z.array(delegationIdText).max(100_000).default([]),
  sessions: z.array(sessionIdText).max(100_000).default([]),
})
