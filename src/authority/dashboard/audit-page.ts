import { humanFormat } from '../../audit/human.ts'
import { parseRecord } from '../../audit/record.ts'
import type { AuditFilter, IndexedRecord } from '../../store/ports/audit-index.ts'
import type { Page } from '../../store/ports/page.ts'
import type { BrowserSignIn } from '../people/contract.ts'
import { button, buttonLink } from '../pages/form.ts'
import { page } from '../pages/layout.ts'
import { html, nothing, type Markup } from '../pages/markup.ts'
import { heading, timeline, type Moment, type Tone } from '../pages/parts.ts'
import { plainText } from '../pages/plain-text.ts'
import { frame, seesAll } from './frame.ts'

/** What can be asked for, as it stands in the address. */
export type AuditQuery = Readonly<Partial<Record<(typeof QUERY_FIELDS)[number], string>>>

/** The fields of the form. */
export const QUERY_FIELDS = ['agent', 'person', 'integration', 'event', 'outcome'] as const

const LABELS = { agent: 'Agent', person: 'Person', integration: 'Integration', event: 'Event', outcome: 'Outcome' } as const
const format = humanFormat(false)

/** What was asked for; a person sees what was done for them, whatever the address says. */
export function auditFilter(signIn: BrowserSignIn, query: AuditQuery): AuditFilter {
  const id = (prefix: string, text: string | undefined): string | undefined => (text === undefined || text.startsWith(prefix) ? text : `${prefix}${text}`)
  const person = seesAll(signIn) ? id('user:', query.person) : signIn.person.id
  return { agent: id('agent:', query.agent), person, integration: query.integration, event: query.event, outcome: query.outcome }
}

/** The records, newest first, one line each: `09:32:14 credential.issued agent:pr-reviewer -> github`. */
export function auditPage(signIn: BrowserSignIn, query: AuditQuery, records: Page<IndexedRecord>): Markup {
  const moments = records.items.flatMap((record) => momentOf(record) ?? [])
  const older = records.next === undefined ? nothing : buttonLink({ label: 'Older', href: `/audit?${addressOf(query, records.next)}` })
  const lead = seesAll(signIn) ? 'Every credential, every call, every decision; times in UTC, newest first.' : 'What was done on your behalf; times in UTC, newest first.'
  return page({
    title: 'Audit', width: 'wide', ...frame(signIn, '/audit'),
    body: html`${heading('Audit', lead)}${filterForm(signIn, query)}
${byDay(moments)}
<p class="actions">${older}</p>`,
  })
}

function filterForm(signIn: BrowserSignIn, query: AuditQuery): Markup {
  const fields = QUERY_FIELDS.filter((name) => name !== 'person' || seesAll(signIn))
  return html`<form method="get" action="/audit" class="card"><div class="card-body actions">${fields.map((name) =>
    html`<div class="field"><label for="${name}">${LABELS[name]}</label><input type="text" id="${name}" name="${name}" maxlength="128" value="${query[name] ?? ''}"></div>`)}
<div class="field"><span class="label" aria-hidden="true">&nbsp;</span>${button({ label: 'Show', tone: 'accent' })}</div></div></form>`
}

function byDay(moments: readonly Moment[]): Markup {
  if (moments.length === 0) return html`<p class="empty">Nothing like this is on record.</p>`
  const days = new Map<string, Moment[]>()
  for (const moment of moments) {
    const day = moment.iso.slice(0, 10)
    days.set(day, [...(days.get(day) ?? []), moment])
  }
  return html`${[...days].map(([day, those]) => html`<section class="stack-tight"><h2>${day}</h2>${timeline(`Audit of ${day}`, those)}</section>`)}`
}

function momentOf({ line }: IndexedRecord): Moment | undefined {
  const record = parseRecord(line)
  if (record === undefined) return undefined
  // The same words as in the terminal; time and event stand in columns of their own here.
  const rest = format(record).split(' ').slice(2).join(' ')
  return { iso: record.ts, time: record.ts.slice(11, 19), event: record.event, tone: toneOf(record.fields['outcome']), body: plainText(rest, 600) }
}

function toneOf(outcome: unknown): Tone {
  return outcome === 'ok' ? 'good' : outcome === 'denied' ? 'bad' : 'warn'
}

function addressOf(query: AuditQuery, after: string): string {
  return new URLSearchParams({ ...query, after }).toString()
}
