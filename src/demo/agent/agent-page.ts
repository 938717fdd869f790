import type { Reply } from '../server/call.ts'
import { html, pageReply, type Html } from '../server/page.ts'

/** One thing that the agent tries. */
export interface Attempt {
  readonly label: string
  readonly method: 'GET' | 'POST'
  /** Below the integration's base URL. */
  readonly path: string
  readonly integration: string
  readonly body: string | undefined
  readonly contentType: string | undefined
}

/** What came of it. */
export interface Outcome {
  readonly label: string
  readonly status: number
  /** In the upstream's own form, cut. */
  readonly answer: string
}

export interface AgentPage {
  readonly attempts: readonly Attempt[]
  readonly outcome: Outcome | undefined
  readonly approved: boolean
  /** What went wrong, in a sentence. */
  readonly trouble: string | undefined
  readonly authority: string
}

/** The agent's own window: what it holds, what it tries, and what it is told. */
export function agentPage({ attempts, outcome, approved, trouble, authority }: AgentPage): Reply {
  const told = trouble === undefined ? html`` : html`<p role="status"><strong>${trouble}</strong></p>`
  return pageReply(200, 'PR Reviewer (demo agent)', html`<main><h1>PR Reviewer</h1>
<p>This page is a program of somebody else’s: an agent. It holds no GitHub and no Slack secret; it asks you, and then calls the APIs as ever, through Postern.</p>
${told}${approved ? tries(attempts) : html`<p><a href="/ask">Ask for access</a></p><p>You will be sent to Postern, sign in as one of the demo’s people, and see what it wants.</p>`}
${result(outcome)}<hr><p>What acts for you, and how to take it back: <a href="${authority}/">${authority}</a></p></main>`)
}

function tries(attempts: readonly Attempt[]): Html {
  return html`<p>It has a token that says who it is, for whom it acts, and what was approved.</p>${attempts.map(({ label, method, path }, index) =>
    html`<form method="post" action="/try"><input type="hidden" name="attempt" value="${String(index)}"><p><button>${label}</button> <code>${method} ${path}</code></p></form>`)}<p><a href="/ask">Ask anew</a></p>`
}

function result(outcome: Outcome | undefined): Html {
  return outcome === undefined ? html`` : html`<h2>${outcome.label}: ${String(outcome.status)}</h2><pre>${outcome.answer}</pre>`
}
