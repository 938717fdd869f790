/** Where a person connects an integration. */
export function connectUrl(url: string, integration: string): string {
  return `${url}/connect/${encodeURIComponent(integration)}`
}
