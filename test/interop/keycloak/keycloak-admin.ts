import { REALM, userRepresentation, type KeycloakUser } from './realm.ts'

/** What an administrator of Keycloak does, through its own admin API. */
export class KeycloakAdmin {
  readonly #url: string
  readonly #account: { readonly name: string, readonly password: string }

  constructor(url: string, account: { readonly name: string, readonly password: string }) {
    this.#url = url
    this.#account = account
  }

  async disable(username: string): Promise<void> {
    await this.#call('PUT', `/users/${await this.#userId(username)}`, { enabled: false })
  }

  async leaveGroup(username: string, group: string): Promise<void> {
    const groups = await this.#call('GET', `/groups?exact=true&search=${group}`) as readonly { readonly id: string }[]
    await this.#call('DELETE', `/users/${await this.#userId(username)}/groups/${groups[0]?.id}`)
  }

  /** Ends somebody's account and gives its name and address to somebody new. */
  async replace(user: KeycloakUser, password: string): Promise<void> {
    await this.#call('DELETE', `/users/${await this.#userId(user.username)}`)
    await this.#call('POST', '/users', userRepresentation(user, password))
  }

  /** How many sessions somebody has there. */
  async sessionsOf(username: string): Promise<number> {
    return (await this.#call('GET', `/users/${await this.#userId(username)}/sessions`) as readonly unknown[]).length
  }

  async #userId(username: string): Promise<string> {
    const [user] = await this.#call('GET', `/users?exact=true&username=${username}`) as readonly { readonly id: string }[]
    if (user === undefined) throw new Error(`Keycloak knows no ${username}`)
    return user.id
  }

  async #call(method: string, path: string, body?: unknown): Promise<unknown> {
    const answer = await fetch(`${this.#url}/admin/realms/${REALM}${path}`, {
      method, headers: { authorization: `Bearer ${await this.#token()}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await answer.text()
    if (!answer.ok) throw new Error(`Keycloak answered ${answer.status} to ${method} ${path}: ${text}`)
    return text === '' ? undefined : JSON.parse(text)
  }

  /** They live for a minute: one a call. */
  async #token(): Promise<string> {
    const answer = await fetch(`${this.#url}/realms/master/protocol/openid-connect/token`, {
      method: 'POST', body: new URLSearchParams({ grant_type: 'password', client_id: 'admin-cli', username: this.#account.name, password: this.#account.password }),
    })
    const { access_token: token } = await answer.json() as { readonly access_token?: string }
    if (token === undefined) throw new Error(`Keycloak gave its administrator no token (${answer.status})`)
    return token
  }
}
