/** Where the dashboard shows a line of a policy file. Pure. */
export function policyPlace(file: string, line: number): string {
  return `/policy?${new URLSearchParams({ file, line: String(line) }).toString()}`
}
