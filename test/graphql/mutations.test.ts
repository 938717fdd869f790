import { describe, expect, it } from 'vitest'
import { judge, judged, refusal } from './judged.ts'

const COMMENT = 'mutation ($input: AddCommentInput!) { addComment(input: $input) { commentEdge { node { url } } } }'
const COMMIT = 'mutation ($input: CreateCommitOnBranchInput!) { createCommitOnBranch(input: $input) { commit { oid } } }'
const ON_BACKEND = { repositoryNameWithOwner: 'Acme-Corp/Backend', branchName: 'main' }

describe('what a mutation needs', () => {
  it.each<[document: string, name: string, alternatives: readonly (readonly string[])[], counterpart: string]>([
    [COMMENT, 'addComment', [['issues:write'], ['pull_requests:write']], 'POST /repos/{owner}/{repo}/issues/{issue_number}/comments'],
    ['mutation { createIssue(input: {repositoryId: "R", title: "t"}) { issue { id url } } }', 'createIssue', [['issues:write']], 'POST /repos/{owner}/{repo}/issues'],
    ['mutation { closeIssue(input: {issueId: "I"}) { issue { id } } }', 'closeIssue', [['issues:write']], 'PATCH /repos/{owner}/{repo}/issues/{issue_number}'],
    ['mutation { createPullRequest(input: {}) { pullRequest { id url } } }', 'createPullRequest', [['pull_requests:write']], 'POST /repos/{owner}/{repo}/pulls'],
    ['mutation { mergePullRequest(input: {}) { clientMutationId } }', 'mergePullRequest', [['contents:write']], 'PUT /repos/{owner}/{repo}/pulls/{pull_number}/merge'],
    ['mutation { mergePullRequest(input: {}) { pullRequest { body } } }', 'mergePullRequest', [['contents:write', 'pull_requests:read']], 'PUT /repos/{owner}/{repo}/pulls/{pull_number}/merge'],
    ['mutation { enablePullRequestAutoMerge(input: {}) { actor { login } } }', 'enablePullRequestAutoMerge', [['contents:write', 'pull_requests:write']], 'PUT /repos/{owner}/{repo}/pulls/{pull_number}/merge'],
    ['mutation { addLabelsToLabelable(input: {}) { __typename } }', 'addLabelsToLabelable', [['issues:write'], ['pull_requests:write']], 'POST /repos/{owner}/{repo}/issues/{issue_number}/labels'],
    ['mutation { addLabelsToLabelable(input: {}) { labelable { ... on Issue { body } } } }', 'addLabelsToLabelable', [['issues:write'], ['issues:read', 'pull_requests:write']], 'POST /repos/{owner}/{repo}/issues/{issue_number}/labels'],
    ['mutation { createRef(input: {}) { ref { name } } }', 'createRef', [['contents:write'], ['contents:write', 'workflows:write']], 'POST /repos/{owner}/{repo}/git/refs'],
    ['mutation { a: closeIssue(input: {}) { issue { id } } ...m } fragment m on Mutation { b: closeIssue(input: {}) { issue { id } } }', 'closeIssue', [['issues:write']], 'PATCH /repos/{owner}/{repo}/issues/{issue_number}'],
  ])('%s', (document, name, alternatives, counterpart) => {
    expect(judged(document)).toMatchObject({ name: `graphql mutation ${name}`, access: 'write', alternatives, counterparts: [counterpart] })
  })

  it.each<[what: string, fileChanges: unknown, alternatives: readonly (readonly string[])[]]>([
    ['plain files', { additions: [{ path: 'a.txt', contents: '' }], deletions: [{ path: 'b' }] }, [['contents:write']]],
    ['a workflow file', { additions: [{ path: '.github/workflows/ci.yml', contents: '' }] }, [['contents:write', 'workflows:write']]],
    ['a workflow file in capitals, taken out', { deletions: [{ path: '.GitHub/Workflows/ci.yml' }] }, [['contents:write', 'workflows:write']]],
    ['a workflow file by a detour', { additions: [{ path: 'x/../.github/workflows/ci.yml', contents: '' }] }, [['contents:write', 'workflows:write']]],
    ['a path with an empty part', { deletions: [{ path: './/.github/workflows/ci.yml' }] }, [['contents:write', 'workflows:write']]],
    ['files that are not told', undefined, [['contents:write', 'workflows:write']]],
    ['files of another form', { additions: 'x' }, [['contents:write', 'workflows:write']]],
    ['a path of another form', { additions: [{ path: ['.github/workflows/ci.yml'] }] }, [['contents:write', 'workflows:write']]],
  ])('createCommitOnBranch with %s', (_what, fileChanges, alternatives) => {
    expect(judged(COMMIT, { input: { branch: ON_BACKEND, fileChanges } })).toMatchObject({ alternatives, targets: { names: ['acme-corp/backend'] } })
  })

  it('takes the most that one of several commits takes', () => {
    const both = `mutation ($a: X!, $b: X!) { a: createCommitOnBranch(input: $a) { commit { oid } } b: createCommitOnBranch(input: $b) { commit { oid } } }`
    const files = (path: string) => ({ branch: ON_BACKEND, fileChanges: { additions: [{ path }] } })
    for (const [a, b] of [['x', '.github/workflows/y'], ['.github/workflows/y', 'x']] as const) {
      expect(judged(both, { a: files(a), b: files(b) }).alternatives).toEqual([['contents:write', 'workflows:write']])
    }
  })
})

describe('what a mutation acts on', () => {
  it('cannot be told from ids', () => {
    expect(judged(COMMENT, { input: { subjectId: 'I_kwDO', body: 'x' } }).targets.kind).toBe('unresolved')
  })

  it('is the repository that the client wants its token confined to', () => {
    expect(judged(COMMENT, { input: { subjectId: 'I_kwDO', body: 'x' } }, 'acme-corp/backend').targets).toEqual({ kind: 'named', names: ['acme-corp/backend'] })
  })

  it.each<[branch: unknown, target: string | undefined]>([
    [ON_BACKEND, 'acme-corp/backend'],
    [{ ...ON_BACKEND, id: null }, 'acme-corp/backend'],
    [{ ...ON_BACKEND, id: 'REF_x' }, undefined],
    [{ id: 'REF_x' }, undefined],
    [{ repositoryNameWithOwner: 'acme-corp/backend/x' }, undefined],
    [{ repositoryNameWithOwner: ['acme-corp/backend'] }, undefined],
    ['acme-corp/backend', undefined],
  ])('createCommitOnBranch on %j: %s', (branch, target) => {
    const { targets } = judged(COMMIT, { input: { branch, fileChanges: {} } })
    expect(targets).toMatchObject(target === undefined ? { kind: 'unresolved' } : { kind: 'named', names: [target] })
  })

  it('is not taken from a text with an escape, nor from a part that a variable hides', () => {
    const escaped = 'mutation { createCommitOnBranch(input: {branch: {repositoryNameWithOwner: "acme-corp/b\\u0061ckend"}}) { commit { oid } } }'
    const inPart = 'mutation ($id: ID) { createCommitOnBranch(input: {branch: {repositoryNameWithOwner: "acme-corp/backend", id: $id}}) { commit { oid } } }'
    expect(judged(escaped).targets.kind).toBe('unresolved')
    expect(judged(inPart, { id: 'REF_prod' }).targets.kind).toBe('unresolved')
    expect(judged(escaped.replace('b\\u0061ckend"', 'backend", id: "REF_\\u0070rod"')).targets.kind).toBe('unresolved')
    expect(judged('mutation ($b: X) { createCommitOnBranch(input: {branch: {repositoryNameWithOwner: "acme-corp/backend", id: $b}}) { commit { oid } } }').targets.kind).toBe('unresolved')
  })

  it('is that of every one of several commits', () => {
    const both = 'mutation ($a: X!, $b: X!) { a: createCommitOnBranch(input: $a) { commit { oid } } b: createCommitOnBranch(input: $b) { commit { oid } } }'
    const on = (name: string) => ({ branch: { repositoryNameWithOwner: name } })
    expect(judged(both, { a: on('a/x'), b: on('a/y') }).targets).toMatchObject({ names: ['a/x', 'a/y'] })
    expect(judged(both, { a: on('a/x'), b: {} }).targets.kind).toBe('unresolved')
  })
})

describe('mutations that are refused', () => {
  it.each([
    ['mutation { deleteRepository(input: {}) { clientMutationId } }', 'operation_unknown: the GraphQL field Mutation.deleteRepository is not in the catalogue'],
    ['mutation { transferIssue(input: {}) { clientMutationId } }', 'operation_unknown: the GraphQL field Mutation.transferIssue is not in the catalogue'],
    ['mutation { addComment: deleteIssue(input: {}) { clientMutationId } }', 'operation_unknown: the GraphQL field Mutation.deleteIssue is not in the catalogue'],
    ['mutation { __typename }', 'operation_unknown: the GraphQL field Mutation.__typename is not in the catalogue'],
    ['mutation { viewer { login } }', 'operation_unknown: the GraphQL field Mutation.viewer is not in the catalogue'],
    ['mutation { addComment(input: {}) { subject { id } } }', 'operation_unknown: the GraphQL field AddCommentPayload.subject is not in the catalogue'],
    ['mutation { closeIssue(input: {}) { issue { repository { pullRequests { totalCount } } } } }', 'operation_unknown: the GraphQL field Repository.pullRequests is not in the catalogue'],
    ['mutation { addComment(input: {}) { clientMutationId } mergePullRequest(input: {}) { clientMutationId } }', 'body_refused: several mutations in one document: send each by itself'],
    ['mutation { addComment(input: {}) { clientMutationId } ... on Mutation { mergePullRequest(input: {}) { clientMutationId } } }', 'body_refused: several mutations in one document: send each by itself'],
  ])('%s', (document, reason) => {
    expect(refusal(document)).toBe(reason)
  })

  it('has no alternative that is empty, for any of them', () => {
    expect(judge(COMMENT)).not.toHaveProperty('alternatives', [[]])
  })
})
