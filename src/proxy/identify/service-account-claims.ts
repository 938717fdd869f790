import type { IssuerOptions, TokenProfile } from './token-profile.ts'

const SUBJECT = /^system:serviceaccount:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?:[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/

/**
 * A projected Kubernetes service-account token with our audience. It says which agent this is, never for whom.
 * Its signature does not show that the pod is gone: only its short life does.
 */
export function serviceAccountProfile(options: IssuerOptions): TokenProfile {
  return {
    ...options,
    name: 'service-account token',
    requiredClaims: ['sub', 'exp', 'iat'],
    takesType: (typ) => typ === undefined || typ === 'jwt',
    read({ sub }) {
      if (typeof sub !== 'string' || !SUBJECT.test(sub)) return 'the claim sub is no service account'
      return { kind: 'service_account', subject: sub }
    },
  }
}
