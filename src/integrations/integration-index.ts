import type { Integration, Origin } from './integration.ts'

/**
 * Finds the integration that serves a name or an origin: exact look-ups in the integrations' own lists. What stands in none of them is
 * not served, so the hosts that get a credential and the hosts that are enforced can never differ.
 */
export class IntegrationIndex {
  readonly #byName = new Map<string, Integration>()
  readonly #byOrigin = new Map<string, Integration>()
  readonly #hosts = new Set<string>()

  /** @throws TypeError where two integrations have one name or one origin, or one has no origin or one that is not canonical */
  constructor(integrations: Iterable<Integration>) {
    for (const integration of integrations) this.#add(integration)
  }

  /** @param name the key in the configuration, or the prefix in reverse mode */
  byName(name: string): Integration | undefined {
    return this.#byName.get(name)
  }

  /** @param host canonical: lower case, without trailing dot */
  byOrigin(scheme: 'http' | 'https', host: string, port: number): Integration | undefined {
    return this.#byOrigin.get(originKey(scheme, host, port))
  }

  /** Whether any integration serves this host, on whatever port: for a host that is ours nothing is tunnelled unseen. */
  servesHost(host: string): boolean {
    return this.#hosts.has(host)
  }

  all(): Iterable<Integration> {
    return this.#byName.values()
  }

  #add(integration: Integration): void {
    const { name, origins } = integration
    if (this.#byName.has(name)) throw new TypeError(`two integrations are named ${name}`)
    if (origins.length === 0) throw new TypeError(`the integration ${name} has no origin`)
    this.#byName.set(name, integration)
    for (const origin of origins) this.#addOrigin(origin, integration)
  }

  #addOrigin({ scheme, host, port }: Origin, integration: Integration): void {
    const key = originKey(scheme, host, port)
    if (host !== host.toLowerCase() || host.endsWith('.')) throw new TypeError(`the origin ${key} of ${integration.name} is not canonical`)
    const there = this.#byOrigin.get(key)
    if (there !== undefined) throw new TypeError(`the origin ${key} belongs to ${there.name} and to ${integration.name}`)
    this.#byOrigin.set(key, integration)
    this.#hosts.add(host)
  }
}

function originKey(scheme: string, host: string, port: number): string {
  return `${scheme}://${host}:${port}`
}
