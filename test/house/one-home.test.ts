import { describe, expect, it } from 'vitest'
import { sourceFiles } from './source-tree.ts'

const files = sourceFiles('src')

/** Package -> the files or folders that may import it. */
const HOMES: Readonly<Record<string, readonly string[]>> = {
  undici: ['src/egress/', 'src/proxy/forward/', 'src/sdk/proxy/'],
  jose: ['src/proxy/identify/', 'src/authority/', 'src/integrations/github/', 'src/demo/', 'src/cli/'],
  yaml: ['src/lib/yaml-document'],
  zod: ['src/config/', 'src/policy/', 'src/lib/', 'src/proxy/identify/delegation-claims.ts', 'src/authority/dashboard/dashboard-bundle.ts'],
  pino: ['src/cli/'],
  'prom-client': ['src/proxy/operations/'],
  'lru-cache': ['src/'],
  'graphql/language': ['src/integrations/'],
  graphql: ['src/demo/github/graphql/'],
  '@marcbachmann/cel-js': ['src/policy/'],
  re2js: ['src/policy/'],
  '@peculiar/x509': ['src/lib/make-certificates.ts'],
  'reflect-metadata': ['src/lib/make-certificates.ts'],
  'oidc-provider': ['src/authority/oauth/'],
  commander: ['src/cli/', 'src/main.ts'],
  'openid-client': ['src/authority/', 'src/cli/api/'],
  hono: ['src/authority/', 'src/cli/serve/'],
  '@hono/node-server': ['src/authority/'],
  'hono/html': ['src/authority/pages/markup.ts'],
  'hono/body-limit': ['src/authority/'],
  'hono/http-exception': ['src/authority/'],
  'hono/utils/http-status': ['src/authority/'],
  '@hono/zod-openapi': ['src/authority/admin/'],
  ioredis: ['src/store/redis/'],
  preact: ['src/dashboard/'],
  'preact/hooks': ['src/dashboard/'],
  uplot: ['src/dashboard/audit/'],
  'node:sqlite': ['src/store/sqlite/', 'src/lib/exclusive-lock.ts'],
}

/** What only named places may say, and why. */
const RESERVED: readonly { readonly what: string; readonly pattern: RegExp; readonly where: readonly string[] }[] = [
  { what: 'process.env', pattern: /process\.env/, where: ['src/config/', 'src/cli/'] },
  { what: 'the wall clock', pattern: /Date\.now\(\)|new Date\(\)|performance\.now\(\)/, where: ['src/lib/clock.ts', 'src/sdk/environment.ts', 'src/dashboard/'] },
  {
    what: 'Secret.reveal()',
    pattern: /\.reveal\(\)/,
    where: [
      // an upstream secret: onto the request, and into the calls that make or end one
      'src/proxy/credential/place-credential.ts',
      // the same, to know it in the answer
      'src/http/scrub/secret-forms.ts',
      'src/integrations/github/app-identity.ts',
      'src/integrations/github/issuer.ts',
      'src/integrations/slack/imported-connection.ts',
      'src/integrations/slack/slack-app.ts',
      'src/integrations/slack/user-oauth.ts',
      'src/integrations/github/oauth-client.ts',
      'src/integrations/github/user-oauth.ts',
      'src/integrations/github/person-issuer.ts',
      'src/integrations/github/person-permission.ts',
      'src/integrations/github/scoped-token.ts',
      'src/integrations/oauth2/oauth2-upstream.ts',
      // at rest
      'src/store/envelope.ts',
      'src/store/envelope-key.ts',
      // the authority's own keys, out of the keyring
      'src/authority/tokens/shared-keys.ts',
      'src/store/envelope-digest.ts',
      'src/store/sqlite/sqlite-short-lived.ts',
      'src/store/redis/sealed-json.ts',
      // what an agent exchanged its token for: a stand-in, a session's secret, or what an org rule releases
      'src/authority/exchange/exchange-grant.ts',
      // our own to the identity provider, for signing people in
      'src/authority/login/identity-provider.ts',
      // keys and passwords of our own: to Redis, a parent proxy, a client certificate, the keys of both ports, the operations token
      'src/store/redis/redis-client.ts',
      'src/egress/parent-proxy.ts',
      'src/egress/dial.ts',
      'src/cli/serve/data-plane.ts',
      'src/authority/server/authority-server.ts',
      'src/proxy/operations/bearer-check.ts',
    ],
  },
  // Client certificates at our own two ports: optional, verified where one is shown. One that does not verify is refused by the listener
  // (`readPeerCertificate`) and counts as none at the authority (`senderCertificate`). Never of what we dial.
  {
    what: 'a switch that ends TLS verification',
    pattern: /rejectUnauthorized:\s*false|NODE_TLS_REJECT_UNAUTHORIZED/,
    where: ['src/proxy/listener/listener-tls.ts', 'src/authority/server/authority-server.ts'],
  },
  { what: 'console', pattern: /\bconsole\.(log|error|warn|info)/, where: [] },
]

describe('one home for each thing', () => {
  it('imports each package only where it lives', () => {
    const strays = files.flatMap((file) =>
      file.packages.filter((name) => HOMES[name] !== undefined && !HOMES[name].some((home) => file.path.startsWith(home))).map((name) => `${file.path} imports ${name}`))
    expect(strays).toEqual([])
  })

  it('imports no package that has no home', () => {
    const builtIn = files.flatMap((file) => file.packages.filter((name) => HOMES[name] === undefined && !name.startsWith('node:')).map((name) => `${file.path} imports ${name}`))
    expect(builtIn).toEqual([])
  })

  for (const { what, pattern, where } of RESERVED) {
    it(`says ${what} only in the named places`, () => {
      const strays = files.filter((file) => pattern.test(file.text) && !where.some((place) => file.path.startsWith(place))).map(({ path }) => path)
      expect(strays).toEqual([])
    })
  }

  it('names no place that has no need of it any more', () => {
    const idle = RESERVED.flatMap(({ what, pattern, where }) =>
      where.filter((place) => !files.some((file) => file.path.startsWith(place) && pattern.test(file.text))).map((place) => `${what}: ${place}`))
    expect(idle).toEqual([])
  })
})
