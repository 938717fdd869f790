import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import type { OAuthClientProvider } from '@modelcontextprotocol/sdk/client/auth.js'
import { UnauthorizedError } from '@modelcontextprotocol/sdk/client/auth.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { Client as ClientV2, StreamableHTTPClientTransport as TransportV2, UnauthorizedError as UnauthorizedV2, type OAuthClientProvider as ProviderV2 } from '@modelcontextprotocol/client'
import { REDIRECT } from '../support/authority-world.ts'

/** What a tool answered, of either SDK. */
export interface Answer {
  readonly isError?: boolean | undefined
  readonly content?: unknown
  readonly structuredContent?: unknown
}

/** An agent: a public client that is registered with a loopback redirect, on the official MCP client. */
export class Sign implements OAuthClientProvider {
  readonly redirectUrl = REDIRECT
  readonly clientMetadata = { client_name: 'PR Reviewer', redirect_uris: [REDIRECT], token_endpoint_auth_method: 'none' }
  /** Where the person is to go. */
  asked: URL | undefined
  /** How often tokens were saved: at the sign-in, and at each renewal. */
  saved = 0
  #tokens: ReturnType<OAuthClientProvider['tokens']>
  #verifier = ''
  readonly #clientId: string

  constructor(clientId: string) {
    this.#clientId = clientId
  }

  clientInformation(): { client_id: string } {
    return { client_id: this.#clientId }
  }
  tokens(): Awaited<ReturnType<OAuthClientProvider['tokens']>> {
    return this.#tokens as Awaited<ReturnType<OAuthClientProvider['tokens']>>
  }
  saveTokens(tokens: Parameters<OAuthClientProvider['saveTokens']>[0]): void {
    this.#tokens = tokens
    this.saved += 1
  }
  redirectToAuthorization(url: URL): void {
    this.asked = url
  }
  saveCodeVerifier(verifier: string): void {
    this.#verifier = verifier
  }
  codeVerifier(): string {
    return this.#verifier
  }
}

/** An agent on one version of the SDK. */
export interface McpAgent {
  readonly sign: Sign
  /** @returns the link that the person has to follow first; undefined once connected */
  connect(): Promise<URL | undefined>
  finish(callback: URL): Promise<void>
  review(repo: string, pr: number): Promise<Answer>
  /** The links that the person was asked to open. */
  readonly links: string[]
  close(): Promise<void>
}

/** @param onLink what the person does with a link before the client goes on */
export function agentV1(resource: string, clientId = 'pr-reviewer', elicits = true): McpAgent {
  const sign = new Sign(clientId)
  let transport = new StreamableHTTPClientTransport(new URL(resource), { authProvider: sign })
  const client = new Client({ name: 'pr-reviewer', version: '1' }, { capabilities: elicits ? { elicitation: { url: {} } } : {} })
  return {
    sign,
    links: [],
    async connect() {
      try {
        await client.connect(transport)
        return undefined
      } catch (error) {
        if (!(error instanceof UnauthorizedError)) throw error
        return sign.asked
      }
    },
    async finish(callback) {
      await transport.finishAuth(callback.searchParams.get('code') ?? '')
      transport = new StreamableHTTPClientTransport(new URL(resource), { authProvider: sign })
      await client.connect(transport)
    },
    review: async (repo, pr) => await client.callTool({ name: 'review_pr', arguments: { repo, pr } }) as Answer,
    close: () => client.close(),
  }
}

/** @param onLink what the person does with each link before the client goes on */
export function agentV2(resource: string, onLink: (url: string) => Promise<void>, clientId = 'pr-reviewer'): McpAgent {
  const sign = new Sign(clientId)
  const provider = sign as unknown as ProviderV2
  const links: string[] = []
  let transport = new TransportV2(new URL(resource), { authProvider: provider })
  const client = new ClientV2({ name: 'pr-reviewer', version: '2' }, { capabilities: { elicitation: { url: {} } }, versionNegotiation: { mode: 'auto' } })
  client.setRequestHandler('elicitation/create', async ({ params }) => {
    const url = 'url' in params ? String(params.url) : ''
    links.push(url)
    await onLink(url)
    return { action: 'accept' }
  })
  return {
    sign,
    links,
    async connect() {
      try {
        await client.connect(transport)
        return undefined
      } catch (error) {
        if (!(error instanceof UnauthorizedV2)) throw error
        return sign.asked
      }
    },
    async finish(callback) {
      await transport.finishAuth(callback.searchParams)
      transport = new TransportV2(new URL(resource), { authProvider: provider })
      await client.connect(transport)
    },
    review: async (repo, pr) => await client.callTool({ name: 'review_pr', arguments: { repo, pr } }),
    close: () => client.close(),
  }
}
