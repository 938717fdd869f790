import { join, relative } from 'node:path'
import type { DemoAgent } from './demo-agents.ts'

export interface WelcomeFacts {
  readonly directory: string
  /** `127.0.0.1:8080`. */
  readonly address: string
  readonly agent: DemoAgent
}

/** What the terminal shows when the demo is ready: where to point an agent, and three calls to copy. */
export function welcome({ directory, address, agent }: WelcomeFacts): string {
  const header = shown(agent.headerFile)
  const curl = (path: string, more = ''): string => `curl -sS -H @${header} ${more}http://${address}${path}`
  return `
Postern runs on ${address}. This is a demo: GitHub, Slack and an internal API are stand-ins in this process; everything else is the real thing.
The agent is agent:pr-reviewer, acting for alice@acme.com. It holds no GitHub or Slack secret, only a token that says who it is.

Allowed by all three layers:
${curl('/github/repos/acme-corp/backend/pulls/42')}

Refused by organisation policy (production repositories are read-only):
${curl('/github/repos/acme-corp/prod-payments/pulls/3/reviews', `-d '{"event":"APPROVE"}' -H 'Content-Type: application/json' `)}

Refused by the agent's own permissions (it may post to #code-review alone):
${curl('/slack/api/chat.postMessage', '-d channel=C0GENERAL -d text=hello ')}

Point a real agent at it (curl, Octokit, Slack's SDK, Python requests, Go … need no change):
export HTTPS_PROXY="http://agent:$(cat ${shown(agent.tokenFile)})@${address}"
export NODE_USE_ENV_PROXY=1 NODE_EXTRA_CA_CERTS=${bundle(directory)} CURL_CA_BUNDLE=${bundle(directory)} REQUESTS_CA_BUNDLE=${bundle(directory)} SSL_CERT_FILE=${bundle(directory)}
or give it the base URL http://${address}/github with that token in place of its own.

Policy: ${shown(join(directory, 'postern.yaml'))} names the directory; change a rule and it applies at once. The audit, as it happens:

`
}

function bundle(directory: string): string {
  return join(directory, 'bundle.pem')
}

/** The shorter of the two ways to name a file, quoted where a shell needs it. */
function shown(file: string): string {
  const short = relative(process.cwd(), file)
  const path = short.length < file.length && !short.startsWith('..') ? short : file
  return /^[A-Za-z0-9_./-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`
}
