import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What a fake authority answers a form with: status, members and headers; `drop` ends the connection without an answer. */
export type FakeAnswer = { readonly status?: number; readonly body?: unknown; readonly headers?: Readonly<Record<string, string>> } | 'drop' | 'hang'

export interface FakeAuthority {
  readonly url: string
  /** The forms that were posted, in order. */
  readonly forms: URLSearchParams[]
  /** What was asked, path by path. */
  readonly paths: string[]
  close(): Promise<void>
}

/** A token answer that is as it should be. */
export const GOOD = {
  access_token: 'stand-in', token_type: 'Bearer', expires_in: 300, scope: 'github:pulls:read', delivery: 'proxied', base_url: 'https://proxy.acme.com/github/',
  authorization_details: [{ type: 'postern', integration: 'github', scopes: ['pulls:read'], targets: ['acme-corp/*'] }],
}

/** An authority that answers what a test wants. @param metadata changes of what it says of itself */
export async function startFakeAuthority(answer: (form: URLSearchParams, at: number) => FakeAnswer | Promise<FakeAnswer>, metadata: (url: string) => object | FakeAnswer = () => ({})): Promise<FakeAuthority> {
  const [forms, paths]: [URLSearchParams[], string[]] = [[], []]
  let url = ''
  const server = createServer((request, response) => {
    paths.push(request.url ?? '')
    if (request.method === 'GET') {
      const changes = metadata(url)
      const all = { issuer: url, token_endpoint: `${url}/oauth2/token`, revocation_endpoint: `${url}/oauth2/revoke` }
      return reply(response, typeof changes === 'string' || 'status' in changes ? changes as FakeAnswer : { body: { ...all, ...changes } })
    }
    void formOf(request).then(async (form) => reply(response, await answer(form, forms.push(form))))
  })
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url, forms, paths,
    close: () => new Promise((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    }),
  }
}

async function formOf(request: IncomingMessage): Promise<URLSearchParams> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return new URLSearchParams(Buffer.concat(chunks).toString('utf8'))
}

function reply(response: ServerResponse, answer: FakeAnswer): void {
  if (answer === 'hang') return
  if (answer === 'drop') return void response.destroy()
  const { status = 200, body = {}, headers = {} } = answer
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(typeof body === 'string' ? body : JSON.stringify(body))
}
