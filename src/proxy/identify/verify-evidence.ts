import { deny, isDenial } from '../../model/denial.ts'
import type { Denial } from '../../model/denial.ts'
import type { Proofs } from '../exchange.ts'
import type { Evidence } from './evidence.ts'
import type { TokenVerifier } from './token-verifier.ts'
import type { DelegationToken, VerifiedToken } from './verified-token.ts'

type Verified = VerifiedToken | Denial | undefined

/**
 * Verifies every token that was sent, and the bound listener's.
 * Synchronous where all of them are known; the same result either way.
 */
export function verifyEvidence(tokens: TokenVerifier, proofs: Proofs, nowMs: number): Evidence | Denial | Promise<Evidence | Denial> {
  const boundText = boundTokenOf(proofs)
  if (typeof boundText === 'object') return boundText
  const verify = (text: string | undefined): Verified | Promise<Verified> => (text === undefined ? undefined : verifyOne(tokens, text, nowMs))
  const token = verify(proofs.token)
  const delegationToken = verify(proofs.delegationToken)
  const boundToken = verify(boundText)
  if (token instanceof Promise || delegationToken instanceof Promise || boundToken instanceof Promise) {
    return Promise.all([token, delegationToken, boundToken]).then((verified) => evidenceOf(proofs, nowMs, verified))
  }
  return evidenceOf(proofs, nowMs, [token, delegationToken, boundToken])
}

/** A throw here would leave the other token's promise behind, and one that nobody awaits ends the process when it rejects. */
function verifyOne(tokens: TokenVerifier, text: string, nowMs: number): Verified | Promise<Verified> {
  try {
    return tokens.verify(text, nowMs)
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
  return { proofs, nowMs, token, delegationToken, boundToken }
}

function asDelegation(verified: Verified, where: string): DelegationToken | Denial | undefined {
  if (verified === undefined || isDenial(verified) || verified.kind === 'delegation') return verified
  return deny('token_invalid', `the token in ${where} is no delegation token`)
}
