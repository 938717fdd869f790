import type { InspectedBody } from '../../../src/http/body.ts'
import type { BodyFraming, CanonicalRequest } from '../../../src/http/request.ts'
import { SlackCatalogue } from '../../../src/integrations/slack/catalogue.ts'
import { SLACK_ORIGINS } from '../../../src/integrations/slack/slack-integration.ts'
import { type Denial, isDenial } from '../../../src/model/denial.ts'
import type { Operation } from '../../../src/model/operation.ts'

export const catalogue = new SlackCatalogue('slack', SLACK_ORIGINS)

/** A request to Slack's API as the listener would hand it on. */
export function request(path: string, parts: Partial<CanonicalRequest> = {}): CanonicalRequest {
  return {
    method: 'POST', scheme: 'https', host: 'slack.com', port: 443, path, query: undefined, headers: [], contentType: undefined,
    framing: { kind: 'none' }, ...parts,
  }
}

const FRAMED: BodyFraming = { kind: 'length', bytes: 10 }

/** What a call with these arguments is, by JSON or by form. */
export function called(method: string, value: unknown, parts: Partial<CanonicalRequest> & { readonly as?: 'json' | 'form' } = {}): Operation | Denial {
  const { as: format = 'json', ...rest } = parts
  const contentType = format === 'json' ? 'application/json' : 'application/x-www-form-urlencoded'
  const match = catalogue.match(request(`/api/${method}`, { framing: FRAMED, contentType, ...rest }))
  if (isDenial(match)) return match
  const body: InspectedBody = { bytes: Buffer.from('unused'), format, value }
  if (match.inspect === undefined) throw new TypeError('a body must be inspected')
  return match.inspect(body)
}
