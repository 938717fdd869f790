import { deny } from '../../model/denial.ts'
import type { Denial } from '../../model/denial.ts'
import type { AgentRecord, Directory } from '../../sync/contract.ts'
import type { PeerCertificate } from '../exchange.ts'
import type { Prover } from './evidence.ts'

/** SPIFFE-ID section 2: lower-case trust domain, a path of plain segments. */
const SPIFFE_ID = /^spiffe:\/\/([a-z0-9._-]{1,255})((?:\/[A-Za-z0-9._-]+)+)$/
const MAX_SPIFFE_ID_LENGTH = 2048

/**
 * Knows the agent by the client certificate that the listener has verified: by its SPIFFE id, else by its subject.
 * @param trustDomain the only SPIFFE trust domain that is taken; undefined takes those of the agents that are registered
 */
export function certificateProver(directory: Directory, trustDomain: string | undefined): Prover {
  return ({ proofs, nowMs }) => {
    const { certificate } = proofs
    if (certificate === undefined) return undefined
    // A connection can outlive its certificate; the handshake looked at it once only.
    if (nowMs > certificate.notAfterMs) return deny('certificate_refused', 'the client certificate has expired')
    const found = agentOf(certificate, directory, trustDomain)
    if (found === undefined) return deny('agent_unknown', 'no agent is registered for the client certificate')
    return 'denial' in found ? found : { agent: found.id, by: 'mtls' }
  }
}

function agentOf(certificate: PeerCertificate, directory: Directory, trustDomain: string | undefined): AgentRecord | Denial | undefined {
  const { uris, subject } = certificate
  if (!uris.some((uri) => /^spiffe:/i.test(uri))) return directory.agentBySubject(subject)
  const [spiffeId] = uris
  if (uris.length !== 1 || spiffeId === undefined) {
    return deny('certificate_refused', 'the client certificate has a SPIFFE id and other URIs beside it')
  }
  const parts = spiffeId.length > MAX_SPIFFE_ID_LENGTH ? null : SPIFFE_ID.exec(spiffeId)
  if (parts === null || /\/\.{1,2}(?:\/|$)/.test(spiffeId)) {
    return deny('certificate_refused', 'the SPIFFE id of the client certificate is not well-formed')
  }
  if (trustDomain !== undefined && parts[1] !== trustDomain) {
    return deny('certificate_refused', 'the client certificate is of another SPIFFE trust domain')
  }
  return directory.agentBySpiffeId(spiffeId)
}
