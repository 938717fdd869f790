import type { ClientOptions, ClientSettings } from '../client-options.ts'
import { clientSettings } from '../client-settings.ts'
import { systemEnvironment, type Environment } from '../environment.ts'
import { misconfigured } from '../errors/misconfigured.ts'
import { clientFields } from './client-auth.ts'
import type { JsonAnswer } from './json-answer.ts'
import { MetadataSource, type Metadata } from './metadata.ts'
import { oauthRefusal } from './oauth-refusal.ts'
import { send, type Sending } from './send.ts'

/** A form's fields; a list is sent as a field repeated. */
export type Fields = Readonly<Record<string, string | readonly string[] | undefined>>

/** One client of one authority: finds its endpoints and posts forms there that prove the client. */
export class AuthorityClient {
  readonly settings: ClientSettings
  readonly environment: Environment
  readonly #metadata: MetadataSource

  /** @throws ConfigurationError */
  constructor(options: ClientOptions, environment: Environment = systemEnvironment(options.fetch)) {
    this.settings = clientSettings(options)
    this.environment = environment
    this.#metadata = new MetadataSource(this.settings.issuer, environment)
  }

  /** @throws UnavailableError, ConfigurationError */
  metadata(signal: AbortSignal): Promise<Metadata> {
    return this.#metadata.get(this.settings.timeoutMs, signal)
  }

  /**
   * @param mostMs a bound below the client's own, for what must not be waited for longer
   * @returns an answer of 2xx. @throws PosternError of any class for every other
   */
  async post(endpoint: keyof Metadata, fields: Fields, safety: Sending['safety'], signal: AbortSignal, mostMs = Infinity): Promise<JsonAnswer> {
    const { issuer, clientId, clientAuth } = this.settings
    const timeoutMs = Math.min(this.settings.timeoutMs, mostMs)
    const url = (await this.metadata(signal))[endpoint]
    if (url === undefined) throw misconfigured(`${issuer} does not serve this: its metadata names no such endpoint`)
    const init = (): RequestInit => ({
      method: 'POST',
      headers: { accept: 'application/json' },
      body: formOf({ ...clientFields(clientId, clientAuth, issuer, this.environment.nowMs()), ...fields }),
    })
    const answer = await send({ url, init, safety, timeoutMs, signal }, this.environment)
    if (answer.status < 200 || answer.status > 299) throw oauthRefusal(answer, this.environment.nowMs())
    return answer
  }
}

function formOf(fields: Fields): URLSearchParams {
  const form = new URLSearchParams()
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined) continue
    for (const one of typeof value === 'string' ? [value] : value) form.append(name, one)
  }
  return form
}
