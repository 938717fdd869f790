import { isPosternError } from '../errors/is-postern-error.ts'
import { LoginFailedError, UnavailableError } from '../errors/refusals.ts'
import type { AuthorityClient } from '../oauth/authority-client.ts'
import { textOf, type JsonAnswer } from '../oauth/json-answer.ts'
import type { DevicePrompt } from './login-options.ts'
import type { AccessFields } from './login-request.ts'
import { tokensIn, type TokenSet } from './token-answer.ts'

/** What this flow needs of the options. */
export interface DeviceOptions {
  readonly onUserCode: (prompt: DevicePrompt) => void | Promise<void>
}

interface Started {
  readonly deviceCode: string
  readonly prompt: DevicePrompt
  readonly intervalMs: number
}

const GRANT_TYPE = 'urn:ietf:params:oauth:grant-type:device_code'
/** RFC 8628 section 3.5: where the authority names no pace, and by how much it is slowed. */
const USUAL_INTERVAL_S = 5
const SLOWER_MS = 5_000

/** Device authorization (RFC 8628): shows the person a code and asks at the authority's pace until they have answered. @throws LoginFailedError and others */
export async function deviceTokens({ onUserCode }: DeviceOptions, fields: AccessFields, client: AuthorityClient, signal: AbortSignal): Promise<TokenSet> {
  const { environment } = client
  // Twice asked is two codes, of which nobody sees the first: it ends by itself.
  const { deviceCode, prompt, intervalMs } = startedIn(await client.post('deviceAuthorizationEndpoint', fields, 'repeatable', signal), environment.nowMs())
  await onUserCode(prompt)
  for (let pauseMs = intervalMs; environment.nowMs() + pauseMs < prompt.expiresAt.getTime();) {
    await environment.sleep(pauseMs, signal)
    const outcome = await poll(deviceCode, client, signal)
    if (outcome === 'pending') continue
    if (outcome !== 'slower') return outcome
    pauseMs += SLOWER_MS
  }
  throw new LoginFailedError({ code: 'expired_token', message: 'Nobody confirmed the code in time. (expired_token)' })
}

async function poll(deviceCode: string, client: AuthorityClient, signal: AbortSignal): Promise<TokenSet | 'pending' | 'slower'> {
  try {
    return tokensIn(await client.post('tokenEndpoint', { grant_type: GRANT_TYPE, device_code: deviceCode }, 'once', signal), client.environment.nowMs())
  } catch (error) {
    if (isPosternError(error, 'authorization_pending')) return 'pending'
    // Section 3.5: who gets no answer asks less often.
    if (isPosternError(error, 'slow_down') || error instanceof UnavailableError) return 'slower'
    throw error
  }
}

function startedIn({ status, body }: JsonAnswer, nowMs: number): Started {
  const [deviceCode, userCode, url] = [textOf(body['device_code']), textOf(body['user_code']), textOf(body['verification_uri'])]
  const [expiresIn, interval] = [body['expires_in'], body['interval']]
  if (deviceCode === undefined || userCode === undefined || url === undefined || typeof expiresIn !== 'number') {
    throw new UnavailableError({ code: 'answer_malformed', message: 'The authority’s answer lacks a code for the person, or where to type it in.', status })
  }
  return {
    deviceCode,
    prompt: { userCode, url, completeUrl: textOf(body['verification_uri_complete']), expiresAt: new Date(nowMs + expiresIn * 1000) },
    intervalMs: (typeof interval === 'number' && interval > 0 ? interval : USUAL_INTERVAL_S) * 1000,
  }
}
