import type { AgentChangeBody, NewAgentBody } from '../wire/agent.ts'
import type { AgentChange, AgentOrder } from './agent-entry.ts'
import { readPublicKey } from './public-key.ts'

/** A field that cannot be used. */
export interface OrderProblem {
  readonly field: string
  readonly problem: string
}

/** What a registration's body asks for. Pure. */
export function orderOf(body: NewAgentBody): AgentOrder | OrderProblem {
  const key = keyOf(body.public_key)
  if (typeof key === 'object') return key
  return {
    id: body.id,
    name: body.name ?? body.id.slice('agent:'.length),
    owner: body.owner ?? undefined,
    spiffeId: body.spiffe_id ?? undefined,
    subject: subjectOf(body.subject),
    serviceAccount: accountOf(body.service_account),
    redirectUris: body.redirect_uris ?? [],
    publicKeyPem: key,
  }
}

/** What a change's body asks for; null takes away. Pure. */
export function changeOf(body: Omit<AgentChangeBody, 'version'>): AgentChange | OrderProblem {
  const key = keyOf(body.public_key)
  if (typeof key === 'object') return key
  if (Object.keys(body).length === 0) return { field: '', problem: 'nothing is to be changed' }
  return {
    ...(body.name === undefined ? {} : { name: body.name }),
    ...(body.owner === undefined ? {} : { owner: body.owner ?? undefined }),
    ...(body.spiffe_id === undefined ? {} : { spiffeId: body.spiffe_id ?? undefined }),
    ...(body.subject === undefined ? {} : { subject: subjectOf(body.subject) }),
    ...(body.service_account === undefined ? {} : { serviceAccount: accountOf(body.service_account) }),
    ...(body.redirect_uris === undefined ? {} : { redirectUris: body.redirect_uris }),
    ...(body.public_key === undefined ? {} : { publicKeyPem: key }),
  }
}

function keyOf(text: string | null | undefined): string | undefined | OrderProblem {
  if (text === null || text === undefined) return undefined
  const read = readPublicKey(text)
  return 'pem' in read ? read.pem : { field: 'public_key', problem: read.problem }
}

/** As certificates are read: without space after the commas. */
function subjectOf(text: string | null | undefined): string | undefined {
  return text?.replace(/(?<!\\),\s+/g, ',')
}

function accountOf(text: string | null | undefined): string | undefined {
  return text === null || text === undefined ? undefined : `system:serviceaccount:${text.replace('/', ':')}`
}
