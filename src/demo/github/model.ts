/** A person, an organisation or an app that acts. */
export interface Account {
  readonly id: number
  readonly login: string
  readonly type: 'User' | 'Organization' | 'Bot'
}

export interface Repository {
  readonly id: number
  readonly owner: Account
  readonly name: string
  /** Names it had before, lower case: they redirect. */
  readonly formerNames: readonly string[]
  readonly description: string
  readonly defaultBranch: string
  readonly createdAtMs: number
  /** By name. */
  readonly branches: Map<string, Branch>
  /** By name; names compare case-insensitively. */
  readonly labels: Map<string, Label>
  /** By number; a pull request is an issue too. */
  readonly issues: Map<number, Issue>
  /** By number. */
  readonly pulls: Map<number, Pull>
}

export interface Branch {
  readonly name: string
  commitSha: string
  /** By path without a leading slash. */
  readonly files: Map<string, StoredFile>
}

/** `text` holds its bytes; `generated` is made while it is sent; `live` grows until the reader leaves. */
export type StoredFile =
  | { readonly kind: 'text'; readonly sha: string; readonly content: Buffer }
  | { readonly kind: 'generated'; readonly sha: string; readonly sizeBytes: number }
  | { readonly kind: 'live'; readonly sha: string; readonly intervalMs: number }

export interface Label {
  readonly id: number
  readonly name: string
  readonly color: string
  readonly description: string
}

export interface Issue {
  readonly id: number
  readonly number: number
  readonly author: Account
  readonly isPull: boolean
  readonly createdAtMs: number
  title: string
  body: string
  state: 'open' | 'closed'
  updatedAtMs: number
  labels: readonly string[]
  readonly comments: Comment[]
}

export interface Comment {
  readonly id: number
  readonly author: Account
  readonly body: string
  readonly createdAtMs: number
}

export interface Pull {
  readonly number: number
  readonly id: number
  readonly head: { readonly ref: string; readonly sha: string }
  readonly base: { readonly ref: string; readonly sha: string }
  readonly draft: boolean
  mergedAtMs: number | undefined
  readonly files: readonly PullFile[]
  readonly reviews: Review[]
}

export interface PullFile {
  readonly filename: string
  readonly status: 'added' | 'modified' | 'removed'
  readonly additions: number
  readonly deletions: number
  readonly patch: string
}

export interface Review {
  readonly id: number
  readonly author: Account
  readonly body: string
  readonly state: ReviewState
  readonly commitSha: string
  readonly submittedAtMs: number | undefined
}

export type ReviewState = 'APPROVED' | 'CHANGES_REQUESTED' | 'COMMENTED' | 'PENDING'
