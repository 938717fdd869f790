import { buildSchema } from 'graphql'

/** The part of GitHub's schema that the stand-in answers to; names and forms are GitHub's. */
export const standInSchema = buildSchema(`
  interface Node { id: ID! }
  interface Actor { login: String!, url: String! }
  interface RepositoryOwner { id: ID!, login: String! }
  interface GitObject { oid: String! }
  type User implements Node & Actor & RepositoryOwner { id: ID!, databaseId: Int, login: String!, name: String, url: String!, repositories(first: Int): RepositoryConnection! }
  type Organization implements Node & Actor & RepositoryOwner { id: ID!, login: String!, name: String, url: String! }
  type Bot implements Node & Actor { id: ID!, login: String!, url: String! }
  type Blob implements GitObject { oid: String!, byteSize: Int!, text: String }
  type PageInfo { hasNextPage: Boolean!, endCursor: String }
  type Label implements Node { id: ID!, name: String!, color: String!, description: String }
  type LabelConnection { nodes: [Label], totalCount: Int! }
  type IssueComment implements Node { id: ID!, author: Actor, body: String!, url: String! }
  type IssueCommentEdge { node: IssueComment }
  type IssueCommentConnection { nodes: [IssueComment], totalCount: Int!, pageInfo: PageInfo! }
  type Issue implements Node {
    id: ID!, number: Int!, title: String!, body: String!, state: String!, closed: Boolean!, url: String!, createdAt: String!, updatedAt: String!, author: Actor
    labels(first: Int): LabelConnection, comments(first: Int, last: Int): IssueCommentConnection!, repository: Repository!
  }
  type IssueConnection { nodes: [Issue], totalCount: Int!, pageInfo: PageInfo! }
  type PullRequest implements Node {
    id: ID!, number: Int!, title: String!, body: String!, state: String!, url: String!, createdAt: String!, updatedAt: String!, author: Actor
    isDraft: Boolean!, merged: Boolean!, isCrossRepository: Boolean!, headRefName: String!, headRefOid: String!, baseRefName: String!, additions: Int!, deletions: Int!
    headRepositoryOwner: RepositoryOwner, headRepository: Repository, comments(first: Int, last: Int): IssueCommentConnection!, repository: Repository!
  }
  type PullRequestConnection { nodes: [PullRequest], totalCount: Int!, pageInfo: PageInfo! }
  type Ref { name: String!, target: GitObject }
  type Repository implements Node {
    id: ID!, name: String!, nameWithOwner: String!, description: String, isPrivate: Boolean!, hasIssuesEnabled: Boolean!, url: String!, viewerPermission: String, owner: RepositoryOwner!
    defaultBranchRef: Ref, parent: Repository, object(expression: String!): GitObject, labels(first: Int): LabelConnection
    issue(number: Int!): Issue, issues(first: Int, after: String, states: [IssueState!], orderBy: IssueOrder, filterBy: IssueFilters): IssueConnection!
    pullRequest(number: Int!): PullRequest
    pullRequests(first: Int, after: String, states: [PullRequestState!], baseRefName: String, headRefName: String, orderBy: IssueOrder): PullRequestConnection!
  }
  type RepositoryConnection { nodes: [Repository], totalCount: Int! }
  enum IssueState { OPEN CLOSED }
  enum PullRequestState { OPEN CLOSED MERGED }
  enum OrderDirection { ASC DESC }
  enum IssueOrderField { CREATED_AT UPDATED_AT }
  input IssueOrder { field: IssueOrderField!, direction: OrderDirection! }
  input IssueFilters { assignee: String, createdBy: String, mentioned: String }
  type RateLimit { limit: Int!, cost: Int!, remaining: Int!, used: Int! }
  type Query {
    viewer: User!, rateLimit: RateLimit, node(id: ID!): Node, repository(owner: String!, name: String!, followRenames: Boolean = true): Repository
  }
  input AddCommentInput { subjectId: ID!, body: String!, clientMutationId: String }
  input CreateIssueInput { repositoryId: ID!, title: String!, body: String, clientMutationId: String }
  input CloseIssueInput { issueId: ID!, clientMutationId: String }
  input MergePullRequestInput { pullRequestId: ID!, clientMutationId: String }
  type AddCommentPayload { clientMutationId: String, commentEdge: IssueCommentEdge, subject: Node }
  type IssuePayload { clientMutationId: String, issue: Issue }
  type MergePullRequestPayload { clientMutationId: String, pullRequest: PullRequest }
  type Mutation {
    addComment(input: AddCommentInput!): AddCommentPayload, createIssue(input: CreateIssueInput!): IssuePayload, closeIssue(input: CloseIssueInput!): IssuePayload
    mergePullRequest(input: MergePullRequestInput!): MergePullRequestPayload
  }
`)
