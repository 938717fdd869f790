interface Cookie {
  readonly name: string
  readonly value: string
  readonly path: string
  readonly attributes: string
}

/** A browser as far as these tests need one: cookies by path, redirects one at a time, nothing kept of other origins. */
export class Browser {
  readonly #origin: string
  #cookies: Cookie[] = []
  readonly visited: string[] = []

  constructor(origin: string) {
    this.#origin = origin
  }

  get cookies(): readonly Cookie[] {
    return this.#cookies
  }

  /** One request; no redirect is followed. */
  async open(url: string): Promise<Response> {
    const target = new URL(url, this.#origin)
    this.visited.push(target.href)
    const sent = this.#cookies.filter(({ path }) => target.pathname === path || target.pathname.startsWith(path.endsWith('/') ? path : `${path}/`))
    const response = await fetch(target, { redirect: 'manual', headers: sent.length === 0 ? {} : { cookie: sent.map(({ name, value }) => `${name}=${value}`).join('; ') } })
    for (const line of response.headers.getSetCookie()) this.#store(line)
    return response
  }

  /** Follows redirects within the origin. @returns where it is sent outside, or the page that it ends at */
  async follow(url: string): Promise<{ readonly outside: URL } | { readonly page: Response }> {
    let at = url
    for (let steps = 0; steps < 10; steps++) {
      const response = await this.open(at)
      const location = response.headers.get('location')
      if (location === null) return { page: response }
      await response.arrayBuffer()
      const next = new URL(location, this.#origin)
      if (next.origin !== this.#origin) return { outside: next }
      at = next.href
    }
    throw new Error('too many redirects')
  }

  /** Where the client is answered. */
  async toClient(url: string): Promise<URL> {
    const end = await this.follow(url)
    if ('outside' in end) return end.outside
    throw new Error(`ended at a page: ${end.page.status} ${(await end.page.text()).slice(0, 300)}`)
  }

  /** Another site, or another person, puts one of its cookies here. */
  plant(cookie: Cookie): void {
    this.#cookies.push(cookie)
  }

  #store(line: string): void {
    const [pair = '', ...attributes] = line.split(';').map((part) => part.trim())
    const [name = '', ...value] = pair.split('=')
    const path = attributes.find((attribute) => attribute.toLowerCase().startsWith('path='))?.slice(5) ?? '/'
    this.#cookies = this.#cookies.filter((cookie) => cookie.name !== name || cookie.path !== path)
    const over = attributes.some((attribute) => /^expires=Thu, 01 Jan 1970/i.test(attribute) || /^max-age=0$/i.test(attribute))
    if (!over) this.#cookies.push({ name, value: value.join('='), path, attributes: attributes.join('; ') })
  }
}
