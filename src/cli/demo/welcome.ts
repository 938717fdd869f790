import { relative } from 'node:path'
import type { DemoAgent } from './demo-agents.ts'
import { shellWord } from './shell-word.ts'

export interface WelcomeFacts {
  /** `127.0.0.1:8080`. */
  readonly address: string
  /** `http://localhost:8081`. */
  readonly authority: string
  /** The demo agent's own window. */
  readonly window: string
  readonly agent: DemoAgent
  /** The copy that is in force. */
  readonly policies: string
  readonly config: string
}

/** What the terminal shows when the demo is ready: three calls to copy, where to point an agent, and what to change. */
export function welcome({ address, authority, window, agent, policies, config }: WelcomeFacts): string {
  const curl = (path: string, more = ''): string => `curl -sS -H @${shown(agent.headerFile)} ${more}http://${address}${path}`
  return `
Postern runs on ${address}. This is a demo: GitHub, Slack and an internal API are stand-ins in this process; all else is what runs in production.

In a browser: the agent asks, you approve, it calls, you take it back.
  The agent:  ${window}
  Postern:    ${authority}/   (sign in as Alice, Bob, or Olga the operator)

In a terminal: agent:pr-reviewer acts for alice@acme.com already. It holds no GitHub or Slack secret, only a token that says who it is.
Copy these lines into another terminal, in this directory.

Allowed by all three layers:
${curl('/github/repos/acme-corp/backend/pulls/42')}

Refused by organisation policy (agents only read production repositories):
${curl('/github/repos/acme-corp/prod-payments/pulls/3/reviews', `-H 'Content-Type: application/json' -d '{"event":"APPROVE"}' `)}

Refused by the agent's own permissions (it may post to #code-review alone):
${curl('/slack/api/chat.postMessage', '-d channel=C0GENERAL -d text=hello ')}

To point a program at it that calls https://api.github.com or https://slack.com as ever, set its proxy and trust first:
. ${shown(agent.environmentFile)}
Or give it the base URL http://${address}/github, and the token in ${shown(agent.tokenFile)}.

Policies: ${shown(policies)}/ (change a rule, and it applies at once). Configuration: ${shown(config)}. Both are made anew at each start.
The audit, as it happens:

`
}

/** The shorter of the two ways to name a file, quoted where a shell needs it. */
function shown(file: string): string {
  const short = relative(process.cwd(), file)
  return shellWord(short.length < file.length && !short.startsWith('..') ? short : file)
}
