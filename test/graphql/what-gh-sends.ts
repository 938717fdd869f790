/** A document in the form in which GitHub's own command line sends it, and the scopes that it takes. */
export interface GhDocument {
  readonly command: string
  readonly query: string
  readonly variables: Readonly<Record<string, unknown>>
  /** Undefined where it cannot be judged, and is refused. */
  readonly scopes: readonly string[] | undefined
}

const REPO = { owner: 'acme-corp', repo: 'backend' }
const NAMED = { owner: 'acme-corp', name: 'backend' }
const PERSON = 'login,...on User{id,name}'
const COMMENTS = `comments(first: 100) {nodes {id,author{${PERSON}},authorAssociation,body,createdAt,includesCreatedEdit,isMinimized,minimizedReason,
  reactionGroups{content,users{totalCount}},url,viewerDidAuthor},pageInfo{hasNextPage,endCursor},totalCount}`
const REVIEWS = 'reviews(first: 100) {nodes {id,author{login},authorAssociation,submittedAt,body,state,commit{oid},reactionGroups{content,users{totalCount}}}pageInfo{hasNextPage,endCursor}totalCount}'
const REVIEW_REQUESTS = 'reviewRequests(first: 100) {nodes {requestedReviewer {__typename,...on User{login},...on Team{organization{login}name,slug}}}}'
const CHECKS = `statusCheckRollup: commits(last: 1) {nodes {commit {statusCheckRollup {contexts(first:100) {nodes {__typename
  ...on StatusContext {context,state,targetUrl,createdAt,description},
  ...on CheckRun {name,checkSuite{workflowRun{workflow{name}}},status,conclusion,startedAt,completedAt,detailsUrl}},pageInfo{hasNextPage,endCursor}}}}}}`
const CHECK_COUNTS = `statusCheckRollup: commits(last: 1) {nodes {commit {statusCheckRollup {contexts {checkRunCount,checkRunCountsByState {state,count},statusContextCount,
  statusContextCountsByState {state,count}}}}}}`
const LISTED = 'number,title,state,url,headRefName,headRepositoryOwner{id,login,...on User{name}},isCrossRepository,isDraft,createdAt'
const SHARED = 'assignees(first:100){nodes{id,login,name},totalCount},labels(first:100){nodes{id,name,description,color},totalCount},milestone{number,title,description,dueOn}'
const VIEWED = `url,number,title,state,body,author{${PERSON}},autoMergeRequest {authorEmail,commitBody,commitHeadline,mergeMethod,enabledAt,enabledBy{${PERSON}}},isDraft,maintainerCanModify,
  mergeable,additions,deletions,commits{totalCount},baseRefName,headRefName,headRepositoryOwner{id,login,...on User{name}},headRepository{id,name},isCrossRepository,
  ${REVIEW_REQUESTS},${REVIEWS},${SHARED},${COMMENTS},reactionGroups{content,users{totalCount}},createdAt`
const BY_NUMBER = 'query PullRequestByNumber($owner: String!, $repo: String!, $pr_number: Int!) { repository(owner: $owner, name: $repo) { pullRequest(number: $pr_number)'

const pullList = (fields: string): string => `fragment pr on PullRequest{${fields}}
  query PullRequestList($owner: String!, $repo: String!, $limit: Int!, $endCursor: String, $baseBranch: String, $headBranch: String, $state: [PullRequestState!] = OPEN) {
    repository(owner: $owner, name: $repo) {
      pullRequests(states: $state, baseRefName: $baseBranch, headRefName: $headBranch, first: $limit, after: $endCursor, orderBy: {field: CREATED_AT, direction: DESC}) {
        totalCount nodes { ...pr } pageInfo { hasNextPage endCursor }
      }
    }
  }`
const mutation = (name: string, field: string, payload: string): string => {
  const input = `${field[0]?.toUpperCase() ?? ''}${field.slice(1)}Input`
  return `mutation ${name}($input:${input}!){${field}(input: $input){${payload}}}`
}

/** What `gh` 2 sends for the commands that are used most; fields and forms after its source, `api/` and `pkg/cmd/`. */
export const GH_QUERIES: readonly GhDocument[] = [
  { command: 'gh pr list', query: pullList(LISTED), variables: { ...REPO, limit: 30, state: ['OPEN'] }, scopes: ['pull_requests:read'] },
  {
    command: 'gh issue list', variables: { ...REPO, limit: 30, states: ['OPEN'] }, scopes: ['issues:read', 'metadata:read'],
    query: `fragment issue on Issue {number,title,url,state,updatedAt,labels(first:100){nodes{id,name,description,color},totalCount}}
      query IssueList($owner: String!, $repo: String!, $limit: Int, $endCursor: String, $states: [IssueState!] = OPEN, $assignee: String, $author: String, $mention: String) {
        repository(owner: $owner, name: $repo) { hasIssuesEnabled
          issues(first: $limit, after: $endCursor, orderBy: {field: CREATED_AT, direction: DESC}, states: $states, filterBy: {assignee: $assignee, createdBy: $author, mentioned: $mention}) {
            totalCount nodes { ...issue } pageInfo { hasNextPage endCursor } } } }`,
  },
  { command: 'gh pr view --json title,body', query: `${BY_NUMBER} {title,body,id} } }`, variables: { ...REPO, pr_number: 42 }, scopes: ['pull_requests:read'] },
  {
    command: 'gh pr view', query: `${BY_NUMBER} {${VIEWED},${CHECKS}} } }`, variables: { ...REPO, pr_number: 42 },
    scopes: ['actions:read', 'checks:read', 'pull_requests:read', 'statuses:read'],
  },
  { command: 'gh pr view, without checks', query: `${BY_NUMBER} {${VIEWED}} } }`, variables: { ...REPO, pr_number: 42 }, scopes: ['pull_requests:read'] },
  {
    command: 'gh pr checkout', variables: { ...REPO, pr_number: 42 }, scopes: ['pull_requests:read'],
    query: `${BY_NUMBER} {number,headRefName,headRepository{id,name},headRepositoryOwner{id,login,...on User{name}},isCrossRepository,maintainerCanModify} } }`,
  },
  {
    command: 'gh pr view, of the branch that is checked out', variables: { ...REPO, headRefName: 'change-42', states: ['OPEN'] }, scopes: ['contents:read', 'pull_requests:read'],
    query: `query PullRequestForBranch($owner: String!, $repo: String!, $headRefName: String!, $states: [PullRequestState!]) { repository(owner: $owner, name: $repo) {
      pullRequests(headRefName: $headRefName, states: $states, first: 30, orderBy: { field: CREATED_AT, direction: DESC }) { nodes {${LISTED},baseRefName} } defaultBranchRef { name } } }`,
  },
  {
    command: 'gh pr list --json statusCheckRollup', query: pullList(`number,${CHECK_COUNTS}`), variables: { ...REPO, limit: 30, state: ['OPEN'] },
    scopes: ['checks:read', 'pull_requests:read', 'statuses:read'],
  },
  {
    command: 'gh issue view', variables: { ...REPO, number: 7 }, scopes: ['issues:read', 'metadata:read', 'pull_requests:read'],
    query: `query IssueByNumber($owner: String!, $repo: String!, $number: Int!) { repository(owner: $owner, name: $repo) { hasIssuesEnabled
      issue: issueOrPullRequest(number: $number) { __typename ...on Issue{${SHARED},body,title,url,number,author{${PERSON}}} ...on PullRequest{title,url,number} } } }`,
  },
  {
    command: 'gh repo view', variables: NAMED, scopes: ['contents:read', 'metadata:read'],
    query: `fragment repo on Repository { id name owner { login } hasIssuesEnabled description hasWikiEnabled viewerPermission defaultBranchRef { name } }
      query RepositoryInfo($owner: String!, $name: String!) { repository(owner: $owner, name: $name) { ...repo parent { ...repo } mergeCommitAllowed rebaseMergeAllowed squashMergeAllowed } }`,
  },
  {
    command: 'any, to find the base repository', variables: {}, scopes: ['contents:read', 'metadata:read'],
    query: `fragment repo on Repository { id name owner { login } viewerPermission defaultBranchRef { name } isPrivate }
      query RepositoryNetwork { viewer { login } repo_000: repository(owner: "acme-corp", name: "backend") { ...repo parent { ...repo } } }`,
  },
  {
    command: 'any, to find out what the server knows', variables: {}, scopes: [],
    query: 'query PullRequest_fields{PullRequest: __type(name: "PullRequest"){fields(includeDeprecated: true){name}},StatusCheckRollupContextConnection: __type(name: "StatusCheckRollupContextConnection"){fields(includeDeprecated: true){name}}}',
  },
  {
    command: 'gh label list', variables: { ...REPO, limit: 30 }, scopes: ['issues:read'],
    query: `query LabelList($owner: String!, $repo: String!, $limit: Int!, $endCursor: String, $query: String, $orderBy: LabelOrder) { repository(owner: $owner, name: $repo) {
      labels(first: $limit, after: $endCursor, query: $query, orderBy: $orderBy) { totalCount, nodes {color,description,name}, pageInfo { hasNextPage endCursor } } } }`,
  },
  { command: 'gh auth status', query: 'query UserCurrent{viewer{login}}', variables: {}, scopes: [] },
  {
    command: 'gh pr list --author, by search', variables: { q: 'repo:acme-corp/backend is:pr', limit: 30 }, scopes: undefined,
    query: 'fragment pr on PullRequest{number} query PullRequestSearch($q: String!,$limit: Int!,$endCursor: String,) { search(query: $q, type: ISSUE, first: $limit, after: $endCursor) { issueCount nodes { ...pr } } }',
  },
  {
    command: 'gh pr view, the second page of its reviews', variables: { id: 'PR_x', endCursor: 'c' }, scopes: undefined,
    query: 'query ReviewsForPullRequest($endCursor:String$id:ID!){node(id: $id){...on PullRequest{reviews(first: 100, after: $endCursor){nodes{id}}}}}',
  },
]

/** Its mutations: what they act on, `Postern-Target` alone can tell. */
export const GH_MUTATIONS: readonly Omit<GhDocument, 'variables'>[] = [
  { command: 'gh issue create', query: mutation('IssueCreate', 'createIssue', 'issue{id url}'), scopes: ['issues:write'] },
  { command: 'gh pr create', query: mutation('PullRequestCreate', 'createPullRequest', 'pullRequest{id url}'), scopes: ['pull_requests:write'] },
  { command: 'gh pr create --label', query: mutation('PullRequestCreateMetadata', 'updatePullRequest', '__typename'), scopes: ['pull_requests:write'] },
  { command: 'gh pr create --reviewer', query: mutation('PullRequestCreateRequestReviews', 'requestReviews', '__typename'), scopes: ['pull_requests:write'] },
  { command: 'gh pr comment', query: mutation('CommentCreate', 'addComment', 'commentEdge{node{url}}'), scopes: ['issues:write'] },
  { command: 'gh pr comment --edit-last', query: mutation('CommentUpdate', 'updateIssueComment', 'issueComment{url}'), scopes: ['issues:write'] },
  { command: 'gh pr review', query: mutation('PullRequestReviewAdd', 'addPullRequestReview', 'clientMutationId'), scopes: ['pull_requests:write'] },
  { command: 'gh pr merge', query: mutation('PullRequestMerge', 'mergePullRequest', 'clientMutationId'), scopes: ['contents:write'] },
  { command: 'gh pr merge --auto', query: mutation('PullRequestAutoMerge', 'enablePullRequestAutoMerge', 'clientMutationId'), scopes: ['contents:write', 'pull_requests:write'] },
  { command: 'gh pr close', query: mutation('PullRequestClose', 'closePullRequest', 'pullRequest{id}'), scopes: ['pull_requests:write'] },
  { command: 'gh pr reopen', query: mutation('PullRequestReopen', 'reopenPullRequest', 'pullRequest{id}'), scopes: ['pull_requests:write'] },
  { command: 'gh pr ready', query: mutation('PullRequestReadyForReview', 'markPullRequestReadyForReview', 'pullRequest{id}'), scopes: ['pull_requests:write'] },
  { command: 'gh pr update-branch', query: mutation('PullRequestUpdateBranch', 'updatePullRequestBranch', 'pullRequest{id}'), scopes: ['pull_requests:write'] },
  { command: 'gh issue close', query: mutation('IssueClose', 'closeIssue', 'issue{id}'), scopes: ['issues:write'] },
  { command: 'gh issue reopen', query: mutation('IssueReopen', 'reopenIssue', 'issue{id}'), scopes: ['issues:write'] },
  { command: 'gh issue edit --add-label', query: mutation('LabelAdd', 'addLabelsToLabelable', '__typename'), scopes: ['issues:write'] },
  { command: 'gh issue edit', query: mutation('IssueUpdate', 'updateIssue', '__typename'), scopes: ['issues:write'] },
  { command: 'gh issue lock', query: mutation('LockLockable', 'lockLockable', 'lockedRecord{locked}'), scopes: ['issues:write'] },
  { command: 'gh issue delete', query: mutation('IssueDelete', 'deleteIssue', 'repository{id}'), scopes: undefined },
  { command: 'gh issue transfer', query: mutation('IssueTransfer', 'transferIssue', 'issue{url}'), scopes: undefined },
  { command: 'gh repo archive', query: mutation('ArchiveRepository', 'archiveRepository', 'repository{id}'), scopes: undefined },
]
