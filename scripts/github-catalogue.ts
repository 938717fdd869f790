// Writes src/integrations/github/endpoints.json from a table of GitHub's documented permissions:
//   node scripts/github-catalogue.ts PERMISSIONS.tsv
// Columns: method, path, permission, access, additional, server_to_server, user_to_server; one row an endpoint and permission.
import { readFileSync, writeFileSync } from 'node:fs'

const OUTPUT = new URL('../src/integrations/github/endpoints.json', import.meta.url)
const HEADER = 'method\tpath\tpermission\taccess\tadditional\tserver_to_server\tuser_to_server'

interface Endpoint {
  readonly scopes: string[]
  /** `+`: GitHub names additional permissions; `s`: installation tokens; `u`: user tokens. */
  readonly flags: string
}

function readEndpoints(table: string): Map<string, Endpoint> {
  const [header, ...rows] = table.trimEnd().split('\n')
  if (header !== HEADER) throw new TypeError('the table has other columns than expected')
  const endpoints = new Map<string, Endpoint>()
  for (const row of rows) {
    const [method, path, permission, access, additional, server, user] = row.split('\t')
    const name = `${method} ${path}`
    const flags = `${additional === '1' ? '+' : ''}${server === '1' ? 's' : ''}${user === '1' ? 'u' : ''}`
    const there = endpoints.get(name)
    if (there !== undefined && there.flags !== flags) throw new TypeError(`${name} has rows that contradict each other`)
    if (there === undefined) endpoints.set(name, { scopes: [`${permission}:${access}`], flags })
    else there.scopes.push(`${permission}:${access}`)
  }
  return endpoints
}

const source = process.argv[2]
if (source === undefined) throw new TypeError('usage: node scripts/github-catalogue.ts PERMISSIONS.tsv')
const endpoints = readEndpoints(readFileSync(source, 'utf8'))
const lines = [...endpoints].map(([name, { scopes, flags }]) => `${name} ${scopes.toSorted().join(',')} ${flags}`)
const byPath = (line: string): string => `${line.split(' ')[1]} ${line}`
lines.sort((a, b) => (byPath(a) < byPath(b) ? -1 : 1))
const document = {
  source: "Facts from GitHub's documentation data (github/docs, MIT licence): what each endpoint asks of a fine-grained token.",
  form: 'METHOD /path scope[,scope] flags; several scopes: see reviewed-needs.ts; flags: + additional permissions, s installation tokens, u user tokens',
  endpoints: lines,
}
writeFileSync(OUTPUT, `${JSON.stringify(document, undefined, 2)}\n`)
