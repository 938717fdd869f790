import { createServer, type ServerResponse } from 'node:http'
import { protectedResourceMetadata, requireToken, type AuthorizedRequest, type TokenVerifier, type Tools } from 'postern/mcp'
import { settings } from './settings.ts'

const { resource, client, scopes } = settings

/** Serves the tools at the server's address: what clients ask about it, then nobody without a token for it. */
export function listen(verifier: TokenVerifier, tools: Tools, answer: (request: AuthorizedRequest, response: ServerResponse) => Promise<unknown>): void {
  const describe = protectedResourceMetadata({ resource, authorityUrl: client.authorityUrl, scopes, name: 'Review tools' })
  const authenticate = requireToken({ verifier, scopes, renewals: tools.renewals, onError: (error) => { console.error(error) } })
  const { hostname, port, pathname } = new URL(resource)
  createServer((request, response) => {
    describe(request, response, () => {
      if (request.url?.split('?')[0] !== pathname) return response.writeHead(404).end()
      authenticate(request, response, (broken) => {
        if (broken !== undefined) return response.writeHead(500).end()
        answer(request, response).catch((error: unknown) => {
          console.error(error)
          if (!response.headersSent) response.writeHead(500).end()
        })
      })
    })
  }).listen(Number(port), hostname, () => { console.log(`review-tools listens at ${resource}`) })
}
