import { describe, expect, it } from 'vitest'
import { denialForGit, gitHost } from '../../src/integrations/github/git/git-host.ts'
import type { DenialView, Origin } from '../../src/integrations/integration.ts'
import { CODES } from '../../src/model/codes.ts'
import { canonical } from '../integrations/github/request.ts'

const API: Origin = { scheme: 'https', host: 'api.github.com', port: 443, basePath: '' }
const GIT: Origin = { ...API, host: 'github.com' }
const host = gitHost(GIT, [API])

function view(code: keyof typeof CODES, changes: Partial<DenialView> = {}): DenialView {
  return {
    code, status: CODES[code].status, title: CODES[code].title, hint: undefined, layer: undefined, rule: undefined, decisionId: 'dec_1', missingScopes: [], link: undefined,
    retryAfterSeconds: undefined, ...changes,
  }
}

const refs = (at: string): ReturnType<typeof canonical> => canonical(`GET ${at}/acme/api.git/info/refs?service=git-upload-pack`)
const answer = (denial: DenialView, request: ReturnType<typeof canonical>): ReturnType<typeof denialForGit> => denialForGit(denial, request, host, [API, GIT])

describe('a refusal in the form that git shows', () => {
  it('says line by line what was refused, why, what is missing, where it can be mended, and which decision it was', () => {
    const denial = view('consent_required', {
      hint: 'The person approved pull requests only.', missingScopes: ['contents:read'], link: 'https://postern.acme.com/consent/1', rule: 'org/a', retryAfterSeconds: 3,
    })
    expect(answer(denial, refs('https://github.com'))).toEqual({
      status: 403,
      headers: ['Content-Type', 'text/plain; charset=utf-8', 'Cache-Control', 'no-store', 'Retry-After', '3'],
      body: 'Postern: The person has not consented to this request.\nThe person approved pull requests only.\nMissing: contents:read\n'
        + 'A person can mend this at https://postern.acme.com/consent/1\n(consent_required by org/a, dec_1)\n',
    })
  })

  it('lets no rule’s author steer a terminal', () => {
    const { body } = answer(view('policy_denied', { hint: 'No.\u001b[2J\r\n\u009b31mremote: all is well' }), refs('https://github.com')) ?? { body: '' }
    expect(body.split('\n')).toHaveLength(4)
    // oxlint-disable-next-line no-control-regex
    expect(body.replaceAll('\n', '')).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/)
  })

  it('challenges where git talks to Postern itself, and not inside a tunnel, where a password would be asked for that nobody has', () => {
    const [reverse, tunnel] = [answer(view('identity_required'), refs('https://127.0.0.1')), answer(view('token_expired'), refs('https://github.com'))]
    expect([reverse?.status, reverse?.headers.slice(-2)]).toEqual([401, ['WWW-Authenticate', 'Basic realm="postern", charset="UTF-8"']])
    expect([tunnel?.status, tunnel?.headers.includes('WWW-Authenticate')]).toEqual([403, false])
  })

  it.each([
    ['the API', 'GET https://api.github.com/repos/acme/api'],
    ['the API in reverse mode', 'GET https://127.0.0.1/repos/acme/api'],
    ['Git LFS, which reads JSON', 'POST https://github.com/acme/api.git/info/lfs/objects/batch'],
  ])('is not for %s', (_, line) => {
    expect(answer(view('policy_denied'), canonical(line))).toBeUndefined()
  })
})
