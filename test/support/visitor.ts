/** A browser without a screen: cookies, forms, and the headers by which browsers tell where a request comes from. */
export class Visitor {
  readonly jar = new Map<string, string>()
  /** The page that was loaded last. */
  url = ''
  status = 0
  body = ''
  headers = new Headers()

  /** Loads a page, following redirects as browsers do. `stop` ends that before a URL that begins with it. */
  async get(url: string, { stop, headers = {} }: { readonly stop?: string, readonly headers?: Readonly<Record<string, string>> } = {}): Promise<this> {
    return this.#load(url, { headers }, stop)
  }

  /** Sends a form of the page that is shown, with everything in it, as changed. */
  async submit(change: Readonly<Record<string, string | undefined>> = {}, options: { readonly action?: string, readonly headers?: Readonly<Record<string, string>>, readonly form?: number } = {}): Promise<this> {
    const form = this.forms()[options.form ?? this.forms().length - 1]
    if (form === undefined) throw new Error(`no form on ${this.url}: ${this.text()}`)
    const fields = new URLSearchParams(form.fields.map(([name, value]): [string, string] => [name, value]))
    for (const [name, value] of Object.entries(change)) {
      if (value === undefined) fields.delete(name)
      else fields.set(name, value)
    }
    const target = new URL(options.action ?? form.action, this.url)
    const site = { origin: new URL(this.url).origin, 'sec-fetch-site': 'same-origin', ...options.headers }
    const headers = Object.fromEntries(Object.entries(site).filter(([, value]) => value !== ''))
    return this.#load(target.href, { method: 'POST', body: fields, headers }, undefined)
  }

  /** Where a page of ours goes on to by itself. */
  onward(): string | undefined {
    const match = /http-equiv="refresh" content="0; url=([^"]*)"/.exec(this.body)
    return match === null ? undefined : decode(match[1] ?? '')
  }

  title(): string {
    return decode(/<h1>(.*?)<\/h1>/s.exec(this.body)?.[1] ?? '').replaceAll(/<[^>]*>/g, '')
  }

  /** What a person reads, tags and repeated space left out. */
  text(): string {
    return decode(this.body.replace(/<head>.*?<\/head>/s, '').replaceAll(/<[^>]*>/g, ' ')).replaceAll(/\s+/g, ' ').trim()
  }

  links(): readonly string[] {
    return [...this.body.matchAll(/href="([^"]*)"/g)].map(([, href]) => decode(href ?? ''))
  }

  /** Each form with the fields that a browser would send untouched. */
  forms(): readonly { readonly action: string, readonly fields: readonly (readonly [string, string])[] }[] {
    return [...this.body.matchAll(/<form method="post" action="([^"]*)"[^>]*>(.*?)<\/form>/gs)].map(([, action, inside = '']) => ({
      action: decode(action ?? ''),
      fields: [...inputs(inside), ...areas(inside), ...selects(inside)],
    }))
  }

  async #load(url: string, init: RequestInit, stop: string | undefined, hops = 0): Promise<this> {
    if (hops > 10) throw new Error(`too many redirects at ${url}`)
    const cookie = [...this.jar].map(([name, value]) => `${name}=${value}`).join('; ')
    const answer = await fetch(url, { ...init, redirect: 'manual', headers: { ...(init.headers as Record<string, string>), ...(cookie === '' ? {} : { cookie }) } })
    for (const line of answer.headers.getSetCookie()) this.#store(line)
    this.url = url
    this.status = answer.status
    this.headers = answer.headers
    this.body = await answer.text()
    const location = answer.headers.get('location')
    if (location === null || answer.status < 300 || answer.status >= 400) return this
    const next = new URL(location, url).href
    if (stop !== undefined && next.startsWith(stop)) {
      this.url = next
      return this
    }
    return this.#load(next, {}, stop, hops + 1)
  }

  #store(line: string): void {
    const [pair = '', ...attributes] = line.split(';').map((part) => part.trim())
    const equals = pair.indexOf('=')
    const name = pair.slice(0, equals)
    if (attributes.some((attribute) => attribute.toLowerCase() === 'max-age=0')) this.jar.delete(name)
    else this.jar.set(name, pair.slice(equals + 1))
  }
}

function inputs(inside: string): readonly (readonly [string, string])[] {
  return [...inside.matchAll(/<input ([^>]*)>/g)].flatMap(([, attributes = '']) => {
    const type = attribute(attributes, 'type')
    if ((type === 'checkbox' || type === 'radio') && !/\schecked\b/.test(` ${attributes}`)) return []
    return [[attribute(attributes, 'name'), attribute(attributes, 'value')] as const]
  })
}

function areas(inside: string): readonly (readonly [string, string])[] {
  return [...inside.matchAll(/<textarea ([^>]*)>\n?(.*?)<\/textarea>/gs)].map(([, attributes = '', text = '']) =>
    [attribute(attributes, 'name'), decode(text).replaceAll('\n', '\r\n')] as const)
}

function selects(inside: string): readonly (readonly [string, string])[] {
  return [...inside.matchAll(/<select ([^>]*)>(.*?)<\/select>/gs)].map(([, attributes = '', options = '']) => {
    const chosen = /<option value="([^"]*)" selected>/.exec(options) ?? /<option value="([^"]*)"/.exec(options)
    return [attribute(attributes, 'name'), decode(chosen?.[1] ?? '')] as const
  })
}

function attribute(attributes: string, name: string): string {
  return decode(new RegExp(`(?:^|\\s)${name}="([^"]*)"`).exec(attributes)?.[1] ?? '')
}

function decode(text: string): string {
  return text.replaceAll('&quot;', '"').replaceAll('&#39;', "'").replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&')
}
