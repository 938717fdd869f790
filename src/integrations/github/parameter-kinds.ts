import type { ParameterKind } from '../matching/parameter.ts'

const TARGETS = new Set(['owner', 'repo', 'org', 'template_owner', 'template_repo', 'repo_owner', 'repo_name', 'enterprise'])
/** Identifiers that are no numbers, against what their names suggest. */
const TEXT_IDS = new Set([
  'gist_id', 'ghsa_id', 'workflow_id', 'budget_id', 'pages_deployment_id', 'sarif_id', 'export_id', 'network_configuration_id',
  'network_settings_id',
])
/** Names that people choose and that may hold a slash or a percent sign; clients encode it. */
const OPAQUE = new Set([
  'branch', 'ref', 'name', 'tag', 'environment_name', 'tree_sha', 'commit_sha', 'sha', 'basehead', 'custom_property_name', 'workflow_id',
  'concurrency_group_name', 'cluster',
])
/** Parameters that clients also send with plain slashes; nothing follows them. */
const REST = [
  /\/contents\/\{path\}$/, /\/readme\/\{dir\}$/, /\/compare\/\{basehead\}$/,
  /\/git\/(?:ref|refs|matching-refs)\/\{ref\}$/, /\/(?:tarball|zipball)\/\{ref\}$/,
]

/** What a parameter of this path may hold. */
export function parameterKind(path: string, parameter: string): ParameterKind {
  if (TARGETS.has(parameter)) return 'name'
  if (path.endsWith(`{${parameter}}`) && REST.some((pattern) => pattern.test(path))) return 'rest'
  if (OPAQUE.has(parameter)) return 'opaque'
  return /_(?:id|number)$/.test(parameter) && !TEXT_IDS.has(parameter) ? 'number' : 'plain'
}

/** Parameters with a closed set of values: each is a literal of its own, so that no other operation passes for this one. */
const CLOSED_SETS: readonly { readonly path: string; readonly parameter: string; readonly values: readonly string[] }[] = [
  {
    path: '/orgs/{org}/{security_product}/{enablement}',
    parameter: 'security_product',
    values: [
      'dependency_graph', 'dependabot_alerts', 'dependabot_security_updates', 'advanced_security', 'code_scanning_default_setup',
      'secret_scanning', 'secret_scanning_push_protection',
    ],
  },
  { path: '/orgs/{org}/{security_product}/{enablement}', parameter: 'enablement', values: ['enable_all', 'disable_all'] },
]

/** The paths to match for one documented path: itself, or one for each combination of its closed sets. */
export function pathsToMatch(path: string): readonly string[] {
  return CLOSED_SETS.filter((set) => set.path === path).reduce<readonly string[]>(
    (paths, { parameter, values }) => paths.flatMap((one) => values.map((value) => one.replace(`{${parameter}}`, value))),
    [path],
  )
}
