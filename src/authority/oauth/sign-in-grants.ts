import type { Provider } from 'oidc-provider'
import type { PersonId } from '../../model/ids.ts'
import { ADMIN_SCOPE, OWN_CLIENT_ID } from './own-client.ts'

/** What lies behind the tokens of our own command line: that a person signed in for it. */
export class SignInGrants {
  readonly #provider: Provider
  readonly #resource: string

  constructor(provider: Provider, resource: string) {
    this.#provider = provider
    this.#resource = resource
  }

  /** @returns the grant's id */
  begin(person: PersonId): Promise<string> {
    const grant = new this.#provider.Grant({ accountId: person, clientId: OWN_CLIENT_ID })
    grant.addResourceScope(this.#resource, ADMIN_SCOPE)
    return grant.save()
  }
}
