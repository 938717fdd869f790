import { membersOf, textOf, textsOf } from '../oauth/json-answer.ts'
import type { Refusal } from './postern-error.ts'

/** What a refusal's body tells, in whichever of the forms that the proxy answers in. */
export type ToldRefusal = Omit<Refusal, 'status' | 'retryAfterMs' | 'cause'>

const PROBLEM_TYPE = 'urn:postern:'
/** How many errors of a GraphQL answer are looked at. */
const MAX_ERRORS = 16

/**
 * Finds the proxy's refusal in a parsed body: problem details (RFC 9457), the form of GitHub, of Slack, of GraphQL, of JSON-RPC.
 * @returns undefined for any other body, such as an upstream's own refusal
 */
export function refusalInBody(body: unknown): ToldRefusal | undefined {
  const members = membersOf(body)
  if (textOf(members['type'])?.startsWith(PROBLEM_TYPE) === true) return told({ ...members, hint: members['detail'] })
  return placesIn(members).map(told).find((refusal) => refusal !== undefined)
}

/** Where bodies of an upstream's form carry ours. */
function placesIn(body: Readonly<Record<string, unknown>>): readonly Readonly<Record<string, unknown>>[] {
  const errors = Array.isArray(body['errors']) ? body['errors'].slice(0, MAX_ERRORS) : []
  const slackScopes = textOf(body['needed'])?.split(',')
  // GitHub's form has the public text in `message` alone: `Postern: The title. (policy_denied by org/x, dec_…)`.
  const title = /^Postern: (.*?)(?: \([^()]*\))?$/s.exec(textOf(body['message']) ?? '')?.[1]
  return [
    { missing_scopes: slackScopes, ...(title === undefined ? {} : { whole: title }), ...membersOf(body['postern']) },
    ...errors.map((error) => membersOf(membersOf(membersOf(error)['extensions'])['postern'])),
    membersOf(membersOf(membersOf(body['error'])['data'])['postern']),
  ]
}

function told(place: Readonly<Record<string, unknown>>): ToldRefusal | undefined {
  const code = textOf(place['code'])
  if (code === undefined) return undefined
  const [title, decision, rule] = [textOf(place['title']), textOf(place['decision']), textOf(place['rule'])]
  const text = textOf(place['whole']) ?? [title, textOf(place['hint'])].filter((part) => part !== undefined).join(' ')
  const facts = [code, ...(rule === undefined ? [] : [`by ${rule}`]), ...(decision === undefined ? [] : [decision])].join(', ')
  return {
    code,
    message: text === '' ? `Refused by Postern (${facts}).` : `${text} (${facts})`,
    reason: text === '' ? undefined : text,
    decision,
    layer: textOf(place['layer']),
    rule,
    link: textOf(place['link']),
    missingScopes: textsOf(place['missing_scopes']),
  }
}
