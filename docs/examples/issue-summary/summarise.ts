/** What of an issue is told. */
export interface OpenIssue {
  readonly number: number
  readonly title: string
  /** Issues that are pull requests are left out. */
  readonly pull_request?: unknown
}

const SHOWN = 10

/** The open issues in a few lines. A model would do this better; what it may reach would be the same. */
export function summarise(repo: string, issues: readonly OpenIssue[]): string {
  const open = issues.filter(({ pull_request: pull }) => pull === undefined)
  const lines = open.slice(0, SHOWN).map(({ number, title }) => `• #${number} ${title}`)
  const more = open.length > SHOWN ? [`… and ${open.length - SHOWN} more`] : []
  return [`${open.length} open ${open.length === 1 ? 'issue' : 'issues'} in ${repo}`, ...lines, ...more].join('\n')
}
