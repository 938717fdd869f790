import type { Integration } from '../../integrations/integration.ts'
import type { IntegrationIndex } from '../../integrations/integration-index.ts'
import { deny, isDenial, type Denial } from '../../model/denial.ts'
import { globCovers } from '../../policy/glob-cover.ts'
import { approvedAccess, targetsOf } from './approved-access.ts'
import type { ExchangeRequest, Subject } from './contract.ts'

/** What is to be judged, within what the person approved. */
export interface WantedAccess {
  readonly integration: Integration
  /** Canonical, each with the targets at which it is wanted. */
  readonly scopes: readonly { readonly scope: string; readonly targets: readonly string[] }[]
  /** The agent named its scopes: each of them has to be had, or it is refused. */
  readonly named: boolean
}

const MAX_SCOPES = 64
const MAX_TARGETS = 64

/** The one integration that is meant, by its name or one of its origins. @returns `integration_unknown` (RFC 8707 `invalid_target`) */
export function integrationOf(resource: readonly string[], index: IntegrationIndex): Integration | Denial {
  const [wanted, ...more] = resource
  if (wanted === undefined || more.length > 0) {
    return deny('integration_unknown', `${resource.length} resources were named`, { hint: 'Name one integration in `resource`, such as `github`.' })
  }
  const integration = index.byName(wanted) ?? byOrigin(wanted, index)
  return integration ?? deny('integration_unknown', 'no integration has this name or origin', { hint: 'Name a configured integration in `resource`.' })
}

/** The wanted scopes and targets. @returns `input_refused` for what is malformed, `consent_required` for what was not approved */
export function wantedAccess(request: ExchangeRequest, subject: Subject, integration: Integration): WantedAccess | Denial {
  const { vocabulary, name } = integration
  const approved = approvedAccess(subject.delegation, name, vocabulary)
  const named = scopesNamed(request.scope, integration)
  if (isDenial(named)) return named
  if (request.target.length > MAX_TARGETS || request.target.some((target) => target === '' || target.length > 256)) {
    return deny('input_refused', 'a target is empty or too long, or there are too many', { hint: `Name at most ${MAX_TARGETS} targets.` })
  }
  const wanted = named.length > 0 ? named : [...new Set(approved.map(({ scope }) => scope))]
  if (wanted.length === 0) return notApproved(subject, name, [])
  const targets = request.target.map((target) => vocabulary.canonicalTarget(target))
  const missing = wanted.filter((scope) => !covered(scope))
  // Without named scopes those serve that the targets leave.
  if (missing.length > 0 && (named.length > 0 || missing.length === wanted.length)) return notApproved(subject, name, missing)
  const scopes = wanted.filter((scope) => !missing.includes(scope))
    .map((scope) => ({ scope, targets: targets.length > 0 ? targets : targetsOf(approved, scope, vocabulary) }))
  return { integration, scopes, named: named.length > 0 }

  function covered(scope: string): boolean {
    const where = targetsOf(approved, scope, vocabulary)
    return where.length > 0 && targets.every((target) => where.some((glob) => globCovers(glob, target)))
  }
}

/** `pulls:read` and `github:pulls:read` are both understood. */
function scopesNamed(text: string | undefined, { vocabulary, name }: Integration): readonly string[] | Denial {
  const words = (text ?? '').split(' ').filter((word) => word !== '')
  if (words.length > MAX_SCOPES) return deny('input_refused', 'too many scopes', { hint: `Name at most ${MAX_SCOPES} scopes.` })
  const scopes: string[] = []
  for (const word of words) {
    const scope = vocabulary.canonicalScope(word.startsWith(`${name}:`) ? word.slice(name.length + 1) : word)
    if (scope === undefined) return deny('input_refused', `a scope is none of ${name}`, { hint: `Name scopes of ${name}.` })
    scopes.push(scope)
  }
  return [...new Set(scopes)]
}

function notApproved({ delegation, agent }: Subject, integration: string, missing: readonly string[]): Denial {
  return deny('consent_required', `${delegation.person} has not approved this at ${integration} for ${agent}`, {
    layer: 'user_consent', missingScopes: missing, hint: `The person has not approved this at ${integration}; they can approve it.`,
  })
}

function byOrigin(text: string, index: IntegrationIndex): Integration | undefined {
  if (!/^https?:\/\//.test(text) || !URL.canParse(text)) return undefined
  const { protocol, hostname, port } = new URL(text)
  const scheme = protocol === 'https:' ? 'https' : 'http'
  return index.byOrigin(scheme, hostname, port === '' ? (scheme === 'https' ? 443 : 80) : Number(port))
}
