import type { SourceProblem } from '../../lib/source-position.ts'
import type { YamlDocument } from '../../lib/yaml-document.ts'
import { pathText } from '../../lib/path-text.ts'
import type { ConfigText } from '../schema/config-schema.ts'
import { checkAuthorityExposure, checkLifetimes, checkLogin, checkPeopleConnect, checkStore } from './check-authority.ts'
import { checkListener, checkOperations } from './check-exposure.ts'
import { checkAgentNames, checkAgentsUnique, checkBoundToken, checkProofsVerified, checkSomeProof } from './check-identity.ts'
import {
  checkCaHosts, checkGitOrigin, checkOriginsEncrypted, checkOriginsUnique, checkParentProxy, checkRoutes, checkSlackTokens,
} from './check-integrations.ts'
import { checkLimits } from './check-limits.ts'
import { checkResourceServers } from './check-resource-servers.ts'
import type { Check } from './check.ts'

const CHECKS: readonly Check[] = [
  checkListener, checkOperations, checkLimits, // who can reach us, and how much of us they can hold
  checkSomeProof, checkBoundToken, checkAgentsUnique, checkAgentNames, checkProofsVerified, // who can prove what
  checkAuthorityExposure, checkLogin, checkLifetimes, checkResourceServers, checkPeopleConnect, checkStore, // who signs in, and what is kept of it
  checkOriginsUnique, checkOriginsEncrypted, checkCaHosts, checkGitOrigin, checkRoutes, checkSlackTokens, checkParentProxy, // where credentials go
]

export interface CheckResult {
  readonly problems: readonly SourceProblem[]
  readonly warnings: readonly SourceProblem[]
}

/** Runs every rule that looks at several keys together. Pure. */
export function checkConfig(config: ConfigText, document: YamlDocument): CheckResult {
  const findings = CHECKS.flatMap((check) => [...check(config)])
  const located = (warning: boolean): SourceProblem[] => findings.filter((finding) => (finding.warning === true) === warning)
    .map(({ at, problem, expected }) => ({ ...document.positionOf(at, 'value'), path: pathText(at), problem, expected }))
  return { problems: located(false), warnings: located(true) }
}
