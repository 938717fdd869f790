import { describe, expect, it } from 'vitest'
import { judged, refusal } from './judged.ts'

const BACKEND = 'repository(owner: "acme-corp", name: "backend")'

describe('what a query needs', () => {
  it.each<[document: string, name: string, alternatives: readonly (readonly string[])[]]>([
    [`{ ${BACKEND} { id name url owner { login } } }`, 'graphql query repository { owner }', [['metadata:read']]],
    [`{ ${BACKEND} { description } }`, 'graphql query repository', [['metadata:read']]],
    [`{ ${BACKEND} { __typename } }`, 'graphql query repository', [['metadata:read']]],
    [`query Q { ${BACKEND} { issues(first: 5) { nodes { title } } } }`, 'graphql query repository { issues }', [['issues:read']]],
    [`{ ${BACKEND} { i: issues(first: 5) { totalCount } p: pullRequests { totalCount } } }`, 'graphql query repository { issues, pullRequests }', [['issues:read', 'pull_requests:read']]],
    [`{ ${BACKEND} { isPrivate issue(number: 1) { title } } }`, 'graphql query repository { issue }', [['issues:read', 'metadata:read']]],
    [`{ ${BACKEND} { object(expression: "main:x") { ... on Blob { text } } } }`, 'graphql query repository { object }', [['contents:read']]],
    [`{ ${BACKEND} { defaultBranchRef { name target { ... on Commit { history { nodes { message } } } } } } }`, 'graphql query repository { defaultBranchRef }', [['contents:read']]],
    [`{ ${BACKEND} { labels(first: 9) { nodes { name } } } }`, 'graphql query repository { labels }', [['issues:read'], ['pull_requests:read']]],
    [`{ ${BACKEND} { labels { totalCount } issues { totalCount } } }`, 'graphql query repository { issues, labels }', [['issues:read']]],
    [`{ ${BACKEND} { pullRequest(number: 1) { commits { nodes { commit { oid } } } } } }`, 'graphql query repository { pullRequest }', [['pull_requests:read']]],
    [`{ ${BACKEND} { pullRequest(number: 1) { commits { nodes { commit { tree { entries { name } } } } } } } }`, 'graphql query repository { pullRequest }', [['contents:read', 'pull_requests:read']]],
    [`{ ${BACKEND} { pullRequest(number: 1) { headRef { target { oid } } } } }`, 'graphql query repository { pullRequest }', [['contents:read', 'pull_requests:read']]],
    [`{ ${BACKEND} { pullRequest(number: 1) { statusCheckRollup { state } } } }`, 'graphql query repository { pullRequest }', [['checks:read', 'pull_requests:read', 'statuses:read']]],
    [`{ ${BACKEND} { pullRequest(number: 1) { baseRef { branchProtectionRule { pattern } } } } }`, 'graphql query repository { pullRequest }', [['administration:read', 'contents:read', 'pull_requests:read']]],
    [`{ ${BACKEND} { issue(number: 1) { projectItems { totalCount } } } }`, 'graphql query repository { issue }', [['issues:read', 'organization_projects:read']]],
    [`{ ${BACKEND} { issueOrPullRequest(number: 1) { __typename } } }`, 'graphql query repository { issueOrPullRequest }', [['issues:read'], ['pull_requests:read']]],
    [`{ ${BACKEND} { issueOrPullRequest(number: 1) { ... on PullRequest { title } } } }`, 'graphql query repository { issueOrPullRequest }', [['pull_requests:read']]],
    ['{ viewer { login } }', 'graphql query viewer', [[]]],
    ['{ __typename }', 'graphql query __typename', [[]]],
    ['{ __type(name: "Issue") { fields { name type { ofType { ofType { name } } } } } }', 'graphql query __type', [[]]],
    [`{ viewer { login } rateLimit { remaining } ${BACKEND} { issues { totalCount } } }`, 'graphql query rateLimit, repository { issues }, viewer', [['issues:read']]],
  ])('%s', (document, name, alternatives) => {
    expect(judged(document)).toMatchObject({ name, access: 'read', alternatives, parameters: {} })
  })

  it('counts what fragments and directives hide', () => {
    const hidden = `query ($no: Boolean!) { ...root } fragment root on Query { ... on Query { ${BACKEND} { ...a @include(if: $no) } } } fragment a on Repository { ... @skip(if: true) { ...b } }
      fragment b on RepositoryInfo { x: issues @include(if: false) { totalCount } }`
    expect(judged(hidden, { no: false })).toMatchObject({ alternatives: [['issues:read']], targets: { names: ['acme-corp/backend'] } })
  })

  it('keeps the name within bounds, whatever the document', () => {
    const { name } = judged(`{ ${BACKEND} { owner { login } licenseInfo { key } languages { totalCount } watchers { totalCount } issues { totalCount } pullRequests { totalCount }
      labels { totalCount } milestones { totalCount } releases { totalCount } refs(refPrefix: "refs/heads/") { totalCount } } }`)
    expect(name).toBe('graphql query repository { issues, labels, languages, licenseInfo, milestones, owner, pullRequests, refs, … }')
  })
})

describe('what a query acts on', () => {
  const BY_VARIABLES = 'query ($o: String!, $n: String!) { repository(owner: $o, name: $n) { id } }'
  it.each<[document: string, variables: unknown, names: readonly string[]]>([
    ['{ repository(owner: "Acme-Corp", name: "Backend") { id } }', undefined, ['acme-corp/backend']],
    [BY_VARIABLES, { o: 'acme-corp', n: 'backend' }, ['acme-corp/backend']],
    ['query ($o: String = "acme-corp") { repository(owner: $o, name: "backend") { id } }', undefined, ['acme-corp/backend']],
    ['query ($o: String = "acme-corp") { repository(owner: $o, name: "backend") { id } }', { o: 'other' }, ['other/backend']],
    ['{ a: repository(owner: "a", name: "x") { id } b: repository(name: "y", owner: "a") { id } c: repository(owner: "A", name: "X") { id } }', undefined, ['a/x', 'a/y']],
    ['{ ...q } fragment q on Query { repository(owner: "prod", name: "x") { id } }', undefined, ['prod/x']],
    ['{ user(login: "Octocat") { name } }', undefined, ['octocat']],
    ['query ($l: String!) { organization(login: $l) { name } repositoryOwner(login: "b") { id } }', { l: 'acme' }, ['acme', 'b']],
  ])('%s with %j', (document, variables, names) => {
    expect(judged(document, variables).targets).toEqual({ kind: 'named', names })
  })

  it.each<[document: string, variables?: unknown]>([
    ['{ repository(owner: "acme-corp", name: "back\\u0065nd") { id } }'],
    ['{ repository(owner: "acme-corp", name: """backend""") { id } }'],
    ['{ repository(owner: "acme-corp") { id } }'],
    ['{ repository(owner: "acme-corp", name: null) { id } }'],
    ['{ repository(owner: "acme-corp", name: 7) { id } }'],
    ['{ repository(owner: acme, name: backend) { id } }'],
    ['{ repository(owner: "acme-corp", name: "a/b") { id } }'],
    ['{ repository(owner: "acme-corp/x", name: "b") { id } }'],
    ['{ repository(owner: "acme-corp", name: "backend.git") { id } }'],
    ['{ repository(owner: "acme-corp", name: "..") { id } }'],
    ['{ repository(owner: "acme-corp", name: "backend ") { id } }'],
    ['{ repository(owner: "acme-corp", name: "bäckend") { id } }'],
    [BY_VARIABLES],
    [BY_VARIABLES, { o: 'acme-corp' }],
    [BY_VARIABLES, { o: 'acme-corp', n: null }],
    [BY_VARIABLES, { o: 'acme-corp', n: ['backend'] }],
    [BY_VARIABLES, { o: 'acme-corp', n: { toString: 'backend' } }],
    ['query ($n: String = "backend") { repository(owner: "acme-corp", name: $n) { id } }', { n: null }],
    ['{ repository(owner: "acme-corp", name: $n) { id } }', { n: 'backend' }],
    ['query ($toString: String) { repository(owner: "acme-corp", name: $toString) { id } }', {}],
    ['{ a: repository(owner: "acme-corp", name: "backend") { id } b: repository(owner: "acme-corp", name: "x y") { id } }'],
    ['{ user(login: "dependabot[bot]") { id } }'],
  ])('cannot be told: %s with %j', (document, variables) => {
    expect(judged(document, variables).targets.kind).toBe('unresolved')
  })

  it.each(['{ viewer { login } }', '{ rateLimit { cost } }', '{ __schema { types { name } } }', '{ licenses { key } meta { hookIpAddresses } }'])('is nobody’s: %s', (document) => {
    expect(judged(document).targets).toEqual({ kind: 'none' })
  })
})

describe('what nobody reviewed is unknown', () => {
  it.each([
    ['{ node(id: "x") { id } }', 'Query.node'],
    ['{ nodes(ids: ["x"]) { id } }', 'Query.nodes'],
    ['{ search(query: "repo:acme-corp/backend", type: ISSUE, first: 1) { issueCount } }', 'Query.search'],
    ['{ resource(url: "https://github.com/acme-corp/prod") { url } }', 'Query.resource'],
    ['{ relay { viewer { login } } }', 'Query.relay'],
    ['{ enterprise(slug: "x") { id } }', 'Query.enterprise'],
    ['{ securityAdvisories { totalCount } }', 'Query.securityAdvisories'],
    ['{ viewer { repositories(first: 9) { nodes { name } } } }', 'User.repositories'],
    ['{ viewer { email } }', 'User.email'],
    ['{ viewer { organizations(first: 9) { nodes { login } } } }', 'User.organizations'],
    ['{ organization(login: "a") { repository(name: "prod") { id } } }', 'Organization.repository'],
    ['{ repositoryOwner(login: "a") { repository(name: "prod") { id } } }', 'RepositoryOwner.repository'],
    ['{ repositoryOwner(login: "a") { ... on User { gists { totalCount } } } }', 'User.gists'],
    [`{ ${BACKEND} { tempCloneToken } }`, 'Repository.tempCloneToken'],
    [`{ ${BACKEND} { forks { nodes { name } } } }`, 'Repository.forks'],
    [`{ ${BACKEND} { parent { issues { totalCount } } } }`, 'Repository.issues'],
    [`{ ${BACKEND} { owner { repositories { totalCount } } } }`, 'RepositoryOwner.repositories'],
    [`{ ${BACKEND} { owner { ... on Organization { membersWithRole { totalCount } } } } }`, 'Organization.membersWithRole'],
    [`{ ${BACKEND} { issue(number: 1) { author { ... on User { repositories { totalCount } } } } } }`, 'User.repositories'],
    [`{ ${BACKEND} { issue(number: 1) { repository { pullRequests { totalCount } } } } }`, 'Repository.pullRequests'],
    [`{ ${BACKEND} { issue(number: 1) { timelineItems { totalCount } } } }`, 'Issue.timelineItems'],
    [`{ ${BACKEND} { pullRequest(number: 1) { closingIssuesReferences { nodes { body } } } } }`, 'Issue.body'],
    [`{ ${BACKEND} { pullRequest(number: 1) { headRepository { object(expression: "x") { oid } } } } }`, 'Repository.object'],
    [`{ ${BACKEND} { object(expression: "x") { repository { name } } } }`, 'GitObject.repository'],
    [`{ ${BACKEND} { object(expression: "x") { ... on Node { id } } } }`, 'GitObject.id'],
    [`{ ${BACKEND} { discussions { totalCount } } }`, 'Repository.discussions'],
    [`{ ${BACKEND} { id { x } } }`, 'Repository.id'],
    [`{ ${BACKEND} { issues } }`, 'Repository.issues'],
    [`{ ${BACKEND} { __schema { types { name } } } }`, 'Repository.__schema'],
    [`{ ${BACKEND} { __typename { x } } }`, 'Repository.__typename'],
    [`{ ${BACKEND} { constructor } }`, 'Repository.constructor'],
    ['{ constructor { x } }', 'Query.constructor'],
    ['{ x: deleteRef(input: {}) { clientMutationId } }', 'Query.deleteRef'],
    [`{ ${BACKEND} { ${'n'.repeat(5000)} } }`, `Repository.${'n'.repeat(60)}`],
  ])('%s', (document, field) => {
    expect(refusal(document)).toBe(`operation_unknown: the GraphQL field ${field} is not in the catalogue`)
  })
})
