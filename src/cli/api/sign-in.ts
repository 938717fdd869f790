import type { ApiDeps } from './api-deps.ts'
import { awaitBrowser } from './loopback-answer.ts'
import { obtainTokens, type Tokens } from './oauth.ts'

/** Authorization code with PKCE, answered on a loopback port (RFC 8252). @throws CommandFailure */
export function signInByBrowser(url: string, open: boolean, deps: ApiDeps): Promise<Tokens> {
  return obtainTokens(url, deps.clock, async (client, config, resource) => {
    const [verifier, state] = [client.randomPKCECodeVerifier(), client.randomState()]
    const answer = await awaitBrowser(state)
    try {
      const { redirectUri } = answer
      const page = client.buildAuthorizationUrl(config, {
        redirect_uri: redirectUri, resource, state, code_challenge: await client.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256',
      }).href
      const opened = open && deps.openBrowser(page)
      deps.stderr.write(`${opened ? 'Your browser should show a page to sign in; if it does not, open' : 'Open this page to sign in'}:\n${page}\n`)
      const answered = await answer.wait(deps.signal)
      // The answer names the port that it came to; `iss` (RFC 9207) and `state` are checked by the library.
      return await client.authorizationCodeGrant(config, answered, { pkceCodeVerifier: verifier, expectedState: state }, { resource })
    } finally {
      await answer.close()
    }
  })
}

/** The device flow (RFC 8628), for a machine without a browser. @throws CommandFailure */
export function signInByDevice(url: string, deps: ApiDeps): Promise<Tokens> {
  return obtainTokens(url, deps.clock, async (client, config, resource) => {
    const device = await client.initiateDeviceAuthorization(config, { resource })
    deps.stderr.write(`Open ${device.verification_uri} on any device, and compare this code with the one that it shows:\n\n    ${device.user_code}\n\n`)
    if (device.verification_uri_complete !== undefined) deps.stderr.write(`Or open ${device.verification_uri_complete}\n`)
    return client.pollDeviceAuthorizationGrant(config, device, { resource }, { signal: deps.signal })
  })
}
