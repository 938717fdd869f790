import type { Secret } from '../../lib/secret.ts'
import { basicAuthorization } from '../token-endpoint.ts'

/** The GitHub App as an OAuth client: its id and secret. */
export interface GithubClient {
  readonly clientId: string
  readonly clientSecret: Secret
}

/** By what the app proves itself at the endpoints under `/applications/{client_id}`. It is a credential: never logged. */
export function clientAuthorization({ clientId, clientSecret }: GithubClient): string {
  return basicAuthorization(clientId, clientSecret.reveal())
}
