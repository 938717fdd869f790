/** Signatures of client assertions: asymmetric ones alone, and never `none`. */
export const CLIENT_ALGORITHMS = ['ES256', 'PS256', 'RS256', 'Ed25519', 'EdDSA'] as const

/** Signatures of DPoP proofs. */
export const PROOF_ALGORITHMS = ['ES256', 'Ed25519', 'EdDSA'] as const

/** How clients can show who they are. Pure. @param certificates whether client certificates can be verified here */
export function clientMethods(certificates: boolean): readonly ('none' | 'private_key_jwt' | 'tls_client_auth')[] {
  return certificates ? ['none', 'private_key_jwt', 'tls_client_auth'] : ['none', 'private_key_jwt']
}
