/** Where the dashboard shows an agent: `/agents/pr-reviewer`. Pure. */
export function agentPath(id: string): string {
  return `/agents/${encodeURIComponent(id.replace(/^agent:/, ''))}`
}
