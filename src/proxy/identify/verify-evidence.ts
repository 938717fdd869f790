import { deny, isDenial } from '../../model/denial.ts'
import type { Denial } from '../../model/denial.ts'
import { looksLikeSessionSecret } from '../../model/session-secret.ts'
import type { Directory } from '../../sync/contract.ts'
import type { Proofs } from '../exchange.ts'
import type { DpopVerifier } from './dpop.ts'
import type { Evidence } from './evidence.ts'
import { verifySessionSecret } from './session-secret.ts'
import { tokenDigest, type TokenVerifier } from './token-verifier.ts'
import type { DelegationToken, VerifiedToken } from './verified-token.ts'

type Verified = VerifiedToken | Denial | undefined

/** What proofs are verified against. */
export interface Verifiers {
  readonly tokens: TokenVerifier
  readonly directory: Directory
  readonly dpop: DpopVerifier
}

/**
 * Verifies every token that was sent, and the bound listener's.
 * Synchronous where all of them are known and none needs a proof of its own; the same result either way.
 */
export function verifyEvidence(verifiers: Verifiers, proofs: Proofs, nowMs: number): Evidence | Denial | Promise<Evidence | Denial> {
  const boundText = boundTokenOf(proofs)
  if (typeof boundText === 'object') return boundText
  const token = verifySent(verifiers, proofs.token, proofs, nowMs, digestOf(proofs))
  const delegationToken = verifySent(verifiers, proofs.delegationToken, proofs, nowMs)
  const boundToken = verifyOne(verifiers, boundText, nowMs)
  if (token instanceof Promise || delegationToken instanceof Promise || boundToken instanceof Promise) {
    return Promise.all([token, delegationToken, boundToken]).then((verified) => provenEvidence(verifiers, evidenceOf(proofs, nowMs, verified)))
  }
  return provenEvidence(verifiers, evidenceOf(proofs, nowMs, [token, delegationToken, boundToken]))
}

/** The proofs of a connection are one object for many requests: hashed once. */
const digests = new WeakMap<Proofs, string>()

function digestOf(proofs: Proofs): string | undefined {
  if (proofs.token === undefined) return undefined
  let digest = digests.get(proofs)
  if (digest === undefined) digests.set(proofs, (digest = tokenDigest(proofs.token)))
  return digest
}

/** A session secret lives as long as the run: it must not cross a network readable, even where tokens may. */
function verifySent(verifiers: Verifiers, text: string | undefined, { exposed }: Proofs, nowMs: number, digest?: string): Verified | Promise<Verified> {
  if (text === undefined) return undefined
  if (exposed !== true || !looksLikeSessionSecret(text)) return verifyOne(verifiers, text, nowMs, digest)
  return deny('token_invalid', 'a session secret came over a network without TLS', {
    hint: 'A session secret is taken on this machine or over TLS alone.',
  })
}

/** A throw here would leave the other token's promise behind, and one that nobody awaits ends the process when it rejects. */
function verifyOne({ tokens, directory }: Verifiers, text: string | undefined, nowMs: number, digest?: string): Verified | Promise<Verified> {
  if (text === undefined) return undefined
  try {
    return looksLikeSessionSecret(text) ? verifySessionSecret(directory, text) : tokens.verify(text, nowMs, digest)
  } catch (error) {
    return Promise.reject(error)
  }
}

/** A listener that is bound to a delegation never lets its agent act for itself instead, e.g. while the file is gone. */
function boundTokenOf({ bound }: Proofs): string | undefined | Denial {
  const text = bound?.delegationToken()
  if (text !== undefined || bound?.requiresDelegation !== true) return text
  return deny('token_invalid', 'the delegation token file of the bound listener cannot be read', {
    hint: 'The listener has no delegation token at the moment; whoever runs Postern has to renew it.',
  })
}

function evidenceOf(proofs: Proofs, nowMs: number, [token, header, file]: readonly [Verified, Verified, Verified]): Evidence | Denial {
  if (token !== undefined && isDenial(token)) return token
  const delegationToken = asDelegation(header, 'Postern-Delegation')
  if (delegationToken !== undefined && isDenial(delegationToken)) return delegationToken
  const boundToken = asDelegation(file, 'the bound listener’s file')
  if (boundToken !== undefined && isDenial(boundToken)) return boundToken
  return { proofs, nowMs, token, delegationToken, boundToken, dpopKey: undefined }
}

function asDelegation(verified: Verified, where: string): DelegationToken | Denial | undefined {
  if (verified === undefined || isDenial(verified) || verified.kind === 'delegation') return verified
  return deny('token_invalid', `the token in ${where} is no delegation token`)
}

/** Looks at the DPoP proof, where one was sent: last, since it can be used but once. */
function provenEvidence({ dpop }: Verifiers, evidence: Evidence | Denial): Evidence | Denial | Promise<Evidence | Denial> {
  if (isDenial(evidence) || evidence.proofs.dpop === undefined) return evidence
  const { token, proofs, nowMs } = evidence
  const key = token === undefined || token.kind === 'service_account' ? undefined : token.confirmation?.dpopKey
  if (key === undefined || proofs.token === undefined) return deny('token_invalid', 'the token came with a DPoP proof, and is bound to no DPoP key')
  return dpop.refusal(evidence.proofs.dpop, proofs.token, key, nowMs).then((refusal) => refusal ?? { ...evidence, dpopKey: key })
}
