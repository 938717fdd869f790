import { button, postForm } from '../pages/form.ts'
import { page } from '../pages/layout.ts'
import { html, nothing, type Markup } from '../pages/markup.ts'
import { card, facts, notice } from '../pages/parts.ts'
import { plainText } from '../pages/plain-text.ts'
import type { BrowserSignIn } from '../people/contract.ts'
import { shownPerson } from '../people/shown-person.ts'
import { AS_BEFORE, FIELDS, type Choice } from './choice.ts'
import { durationWords } from './durations.ts'
import type { Offer } from './offer.ts'
import { section } from './section-view.ts'

export interface ConsentView {
  readonly offer: Offer
  readonly choice: Choice
  /** What is wrong with what was sent; empty at first. */
  readonly problems: readonly string[]
  readonly signIn: BrowserSignIn
  /** Wall clock. */
  readonly nowMs: number
  /** Of this page: where the form goes, and where every detour comes back to. */
  readonly path: string
  readonly connectUrl: (integration: string, returnTo: string) => string
  /** Sent back with the answer. */
  readonly fields?: Readonly<Record<string, string>> | undefined
}

/** In the one zone that is the same for everybody: which one a browser is in, it tells to scripts alone. */
const MOMENT = new Intl.DateTimeFormat('en-GB', { timeZone: 'UTC', day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' })

/** The one screen on which a person decides what an agent may do for them. */
export function consentPage(view: ConsentView): Markup {
  const { offer, signIn, problems, path } = view
  const nothingOpen = !offer.sections.some(({ parts }) => parts.some(({ scopes }) => scopes.some(({ state }) => state === 'open')))
  const form = postForm({
    action: path,
    csrf: signIn.csrf,
    fields: view.fields,
    className: 'consent stack',
    body: html`${offer.sections.map((one) => section(one, view))}
${nothingOpen ? notice('warn', 'There is nothing to approve', `All of it is refused, or allowed already.${isAwaited(offer) ? ' Deny it, so that the agent knows.' : ''}`) : duration(view)}
${answers(offer, nothingOpen)}`,
  })
  return page({
    title: `${plainText(offer.agent.name, 60)} asks for access`,
    width: 'reading',
    account: undefined,
    body: html`${head(view)}${problems.length === 0 ? nothing : troubles(problems)}${deviceCode(offer)}${form}`,
  })
}

function head({ offer, signIn, path }: ConsentView): Markup {
  const { agent, request } = offer
  const name = html`<bdi>${plainText(agent.name, 80)}</bdi>`
  const title = request.extend === undefined ? html`Let ${name} act for you?` : html`Let ${name} do more for you?`
  const lead = request.extend === undefined
    ? 'This agent asks to make calls on your behalf. Untick or narrow what you do not want it to do.'
    : 'It runs with what you approved before, and wants more. If you deny, what it has stays as it is.'
  return html`<div class="stack-tight"><h1>${title}</h1><p class="lead">${lead}</p></div>
${facts([
    ['Agent', html`<code>${agent.id}</code>`],
    ['Owner', agent.owner === undefined ? html`<span class="muted">Nobody is on record</span>` : html`<bdi>${plainText(agent.owner)}</bdi>`],
    ...(request.servers ?? []).map((server): [string, Markup] => ['Acts through', actsThrough(server)]),
    ['Answer goes to', answerGoes(request)],
    ['You are', html`<bdi>${plainText(shownPerson(signIn.person))}</bdi> · <a href="/login?${new URLSearchParams({ switch: '1', return: path }).toString()}">Use another account</a>`],
  ])}`
}

/** Who gets the agent's tokens, and can do with them what the agent can. */
function actsThrough({ resource, agent, name }: NonNullable<Offer['request']['servers']>[number]): Markup {
  return html`<bdi>${plainText(name, 80)}</bdi> (<code>${agent}</code>) at <code><bdi>${plainText(resource, 200)}</bdi></code>`
}

function answerGoes({ answerTo, userCode }: Offer['request']): Markup {
  if (answerTo === undefined) return userCode === undefined ? html`Nowhere: the agent notices at its next call` : html`The device that shows the code`
  const shown = html`<code><bdi>${plainText(answerTo, 100)}</bdi></code>`
  return /^http:\/\/(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?$/.test(answerTo) ? html`A program on this computer, ${shown}` : shown
}

function troubles(problems: readonly string[]): Markup {
  return notice('bad', 'Nothing was approved yet', html`<ul>${problems.map((problem) => html`<li>${plainText(problem, 300)}</li>`)}</ul>`)
}

function deviceCode({ request }: Offer): Markup {
  if (request.userCode === undefined) return nothing
  return card({
    title: 'Compare the code',
    body: html`<div class="stack-tight"><p>Go on only if your device shows just this code, and you started this yourself. Deny it if somebody sent you here.</p>
<p class="code-block">${plainText(request.userCode, 24)}</p></div>`,
  })
}

function duration({ offer, choice, nowMs }: ConsentView): Markup {
  const pill = (ms: number, words: string, endMs: number): Markup => html`<div class="pill">
<input type="radio" id="until-${ms}" name="${FIELDS.duration}" value="${ms}"${ms === choice.durationMs ? html` checked` : nothing}>
<label for="until-${ms}">${words}<span>until ${MOMENT.format(endMs)} UTC</span></label></div>`
  const { standingEndMs } = offer
  const pills = [
    ...(standingEndMs === undefined ? [] : [pill(AS_BEFORE, 'As before', standingEndMs)]),
    ...offer.durationsMs.map((ms) => pill(ms, durationWords(ms), nowMs + ms)),
  ]
  const all = offer.request.extend === undefined ? nothing : html`<p class="hint">What you approved for this run before ends at the same time.</p>`
  const why = offer.shortenedByRule ? html`<p class="hint">The rules for this agent end it no later.</p>` : nothing
  return html`<section class="card"><fieldset class="card-body stack-tight"><legend class="visually-hidden">For how long</legend>
<h2 aria-hidden="true">For how long</h2><div class="pills">${pills}</div>${all}${why}
<p class="hint">It ends by itself then. You can end it at any moment before, and calls under way are cut off.</p></fieldset></section>`
}

/** Whether somebody waits for the answer: an agent that sent the person here, or a device. */
function isAwaited({ request }: Offer): boolean {
  return request.answerTo !== undefined || request.userCode !== undefined
}

/** Denying stands first, so that Enter in a field never approves; both are as large and as plain to see. */
function answers({ agent }: Offer, nothingOpen: boolean): Markup {
  const approve = nothingOpen ? nothing : button({ label: 'Approve', tone: 'accent', name: FIELDS.answer, value: 'approve' })
  return html`<p class="small muted">It never sees your password or the tokens of your accounts: Postern makes the calls, and records each one.</p>
<div class="bar"><div class="actions actions-even" role="group" aria-label="Your answer to ${plainText(agent.name, 60)}">${button({ label: 'Deny', tone: 'strong', name: FIELDS.answer, value: 'deny' })}${approve}</div></div>`
}
