import { buttonLink } from '../pages/form.ts'
import { cross, tick } from '../pages/icons.ts'
import { html, nothing, type Markup } from '../pages/markup.ts'
import { badge, chips } from '../pages/parts.ts'
import { plainText } from '../pages/plain-text.ts'
import type { Access } from '../../model/operation.ts'
import type { Connection } from '../../store/ports/connections.ts'
import { FIELDS, type Choice } from './choice.ts'
import type { PartOffer, ScopeOffer, SectionOffer } from './offer.ts'

export interface SectionContext {
  readonly choice: Choice
  readonly path: string
  readonly connectUrl: (integration: string, returnTo: string) => string
}

/** One integration: by which account, what on which targets, and what not. */
export function section(offer: SectionOffer, context: SectionContext): Markup {
  return html`<section class="card" aria-labelledby="title-${offer.key}">
<div class="card-head"><h2 id="title-${offer.key}">${plainText(offer.title)}</h2>${accountInHead(offer)}</div>
${connection(offer, context)}${offer.parts.map((one) => part(one, offer, context))}${limits(offer)}
</section>`
}

function accountInHead({ connection: by }: SectionOffer): Markup {
  if (by.kind === 'organisation') return html`<span class="muted small">by your organisation’s access</span>`
  if (by.kind === 'connect' || by.connections.length > 1) return nothing
  const [only] = by.connections
  return only === undefined ? nothing : html`<span class="muted small">as <bdi>${accountName(only)}</bdi></span>`
}

function connection(offer: SectionOffer, { choice, path, connectUrl }: SectionContext): Markup {
  const { connection: by, key, title, integration } = offer
  if (by.kind === 'connect') {
    return html`<div class="part stack-tight"><p>Your ${plainText(title)} account is not connected yet, so nothing of this can be allowed yet.</p>
<p>${buttonLink({ label: `Connect ${plainText(title)}`, href: connectUrl(integration, path) })}</p></div>`
  }
  if (by.kind !== 'choose' || by.connections.length < 2) return nothing
  const options = by.connections.map((one) =>
    html`<option value="${one.id}"${choice.connections.get(key) === one.id ? html` selected` : nothing}>${accountName(one)}</option>`)
  return html`<div class="part field"><label for="connection-${key}">Account to act with</label>
<select id="connection-${key}" name="${FIELDS.connection(key)}">${options}</select></div>`
}

function accountName({ account, label }: Connection): string {
  return account === undefined ? plainText(label, 60) : plainText(label === account.name ? label : `${account.name} (${label})`, 80)
}

function part(offer: PartOffer, within: SectionOffer, context: SectionContext): Markup {
  return html`<div class="part" role="group" aria-labelledby="asks-${offer.key}"><h3 id="asks-${offer.key}">It asks to</h3>
<ul class="scopes">${offer.scopes.map((one) => scope(one, within, context))}</ul>
<div class="on stack-tight"><h3>On</h3>${targets(offer, within, context)}</div></div>`
}

function scope(offer: ScopeOffer, within: SectionOffer, context: SectionContext): Markup {
  switch (offer.state) {
    case 'open': return openScope(offer, within, context.choice)
    case 'held': return settledScope(offer, 'held', tick, 'Allowed already', 'good')
    case 'refused': return settledScope(offer, 'refused', cross, 'Refused', 'bad')
  }
}

function openScope(offer: ScopeOffer, within: SectionOffer, choice: Choice): Markup {
  const ticked = choice.levels.get(offer.key)
  const id = `scope-${offer.key}`
  const waits = within.connection.kind === 'connect'
  const remarks = [offer.remark, lacking(offer, within)].filter((remark) => remark !== undefined)
  const described = remarks.length === 0 ? nothing : html` aria-describedby="${id}-remark"`
  return html`<li class="scope"><input type="checkbox" id="${id}" name="${FIELDS.scope(offer.key)}" value="on"${ticked === undefined ? nothing : html` checked`}${waits ? html` disabled` : nothing}${described}>
<div class="scope-words"><label for="${id}">${offer.words}</label>${meta(offer)}${remarks.length === 0 ? nothing : html`<p class="scope-why" id="${id}-remark">${remarks.map((remark) => plainText(remark, 300)).join(' ')}</p>`}</div>
${level(offer, ticked)}</li>`
}

/** A choice where there is one; where only reading is left, that is said. */
function level(offer: ScopeOffer, ticked: 'asked' | 'read' | undefined): Markup {
  if (offer.levels.read === undefined) return nothing
  if (offer.levels.asked === undefined) return html`<span>${badge('Read only')}</span>`
  const whole = offer.access === 'admin' ? 'Administer' : 'Read and write'
  return html`<select name="${FIELDS.level(offer.key)}" aria-label="Level of access: ${offer.words}">
<option value="asked">${whole}</option><option value="read"${ticked === 'read' ? html` selected` : nothing}>Read only</option></select>`
}

function settledScope(offer: ScopeOffer, kind: 'held' | 'refused', icon: Markup, word: string, tone: 'good' | 'bad'): Markup {
  const why = offer.remark === undefined ? nothing : html`<p class="scope-why">${plainText(offer.remark, 300)}</p>`
  return html`<li class="scope scope-${kind}">${icon}<div class="scope-words"><strong>${offer.words}</strong>${meta(offer)}${why}</div><span>${badge(word, tone)}</span></li>`
}

const ACCESS: Readonly<Record<Access, Markup>> = {
  read: badge('reads'),
  write: badge('changes things', 'warn'),
  admin: badge('administers', 'bad'),
}

function meta({ scope: name, access }: ScopeOffer): Markup {
  return html`<p class="scope-meta"><code><bdi>${plainText(name)}</bdi></code>${ACCESS[access]}</p>`
}

/** Nobody delegates more than they have. */
function lacking({ lackedBy }: ScopeOffer, { connection: by, title }: SectionOffer): string | undefined {
  if (by.kind !== 'choose' || lackedBy.length === 0) return undefined
  const accounts = by.connections.filter(({ id }) => lackedBy.includes(id))
  const whose = by.connections.length === 1 ? `Your ${title} account` : accounts.map(accountName).join(', ')
  return `${whose} was not granted this, so the agent cannot have it through it.`
}

function targets({ key, targets: asked, scopes }: PartOffer, { words }: SectionOffer, { choice }: SectionContext): Markup {
  const { one, many, everything } = words.targets
  const shown = asked.includes('**')
    ? html`<p><strong>${everything.charAt(0).toUpperCase()}${everything.slice(1)}</strong></p>`
    : chips(asked.map((target) => plainText(target, 160)))
  if (!scopes.some(({ state }) => state === 'open')) return shown
  const text = choice.targets.get(key) ?? ''
  const changed = text !== asked.join('\n')
  return html`${shown}<details${changed ? html` open` : nothing}><summary>Narrow to fewer ${many}</summary>
<div class="field"><label class="hint" for="targets-${key}">One ${one} a line. <code>*</code> stands for any part of a name.</label>
<textarea id="targets-${key}" name="${FIELDS.targets(key)}" rows="${Math.min(8, Math.max(2, asked.length + 1))}" spellcheck="false" autocomplete="off" autocapitalize="none">
${plainLines(text)}</textarea></div></details>`
}

/** A target with deceptive characters is shown as what it is; sent back like that, it is refused. */
function plainLines(text: string): string {
  return text.slice(0, 20_000).split(/\r?\n/).map((line) => plainText(line, 300)).join('\n')
}

function limits({ cannot, title }: SectionOffer): Markup {
  if (cannot.length === 0) return nothing
  const rows = cannot.map((words) => html`<li>${cross}<span>${plainText(words, 200)}</span></li>`)
  return html`<div class="part"><h3>In ${plainText(title)}, it will not be able to</h3><ul class="cannot">${rows}</ul></div>`
}
