import { button } from '../pages/form.ts'
import { html, nothing, type Markup } from '../pages/markup.ts'
import type { AuditQuery, QueryField } from './audit-query.ts'

/** A configured integration, and how people call it. */
export interface IntegrationChoice {
  readonly name: string
  readonly title: string
}

const OUTCOMES = [
  { name: 'ok', title: 'Done' }, { name: 'denied', title: 'Denied' }, { name: 'failed', title: 'Failed' }, { name: 'aborted', title: 'Broken off' }, { name: 'revoked', title: 'Cut by a revocation' },
] as const
/** What codes of events begin with. */
const KINDS = ['api', 'credential', 'delegation', 'session', 'token', 'connection', 'approval', 'agent', 'policy', 'admin'] as const

/** What is asked for, and how that is changed. */
export function auditForm(query: AuditQuery, withPerson: boolean, integrations: readonly IntegrationChoice[]): Markup {
  const clear = Object.keys(query).length === 0 ? nothing : html`<p class="small"><a href="/audit">Show everything</a></p>`
  return html`<form method="get" action="/audit" class="card" role="search" aria-label="The audit"><div class="card-body stack-tight"><div class="filter">
${textField('agent', 'Agent', query, 'pr-reviewer')}
${withPerson ? textField('person', 'Person', query, 'alice@acme.com') : nothing}
${choiceField('integration', 'Integration', query, integrations)}
${textField('event', 'Event', query, 'credential', KINDS)}
${choiceField('outcome', 'Outcome', query, OUTCOMES)}
${button({ label: 'Show', tone: 'accent' })}</div>${clear}</div></form>`
}

function textField(name: QueryField, label: string, query: AuditQuery, example: string, known: readonly string[] = []): Markup {
  const list = known.length === 0 ? nothing : html`<datalist id="${name}-known">${known.map((one) => html`<option value="${one}"></option>`)}</datalist>`
  return html`<div class="field"><label for="${name}">${label}</label>
<input type="text" id="${name}" name="${name}" maxlength="128" value="${query[name] ?? ''}" placeholder="${example}" autocomplete="off" autocapitalize="none" spellcheck="false"${known.length === 0 ? nothing : html` list="${name}-known"`}>${list}</div>`
}

/** What stands in the address is shown, known or not: else the page would say something else than it does. */
function choiceField(name: QueryField, label: string, query: AuditQuery, known: readonly IntegrationChoice[]): Markup {
  const chosen = query[name]
  const choices = chosen === undefined || known.some((one) => one.name === chosen) ? known : [...known, { name: chosen, title: chosen }]
  return html`<div class="field"><label for="${name}">${label}</label><select id="${name}" name="${name}"><option value="">All</option>${choices.map((one) =>
    html`<option value="${one.name}"${one.name === chosen ? html` selected` : nothing}>${one.title}</option>`)}</select></div>`
}
