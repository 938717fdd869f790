import { humanFormat } from '../../audit/human.ts'
import { parseRecord } from '../../audit/record.ts'
import type { IndexedRecord } from '../../store/ports/audit-index.ts'
import type { Page } from '../../store/ports/page.ts'
import type { BrowserSignIn } from '../people/contract.ts'
import { buttonLink } from '../pages/form.ts'
import { page } from '../pages/layout.ts'
import { html, nothing, type Markup } from '../pages/markup.ts'
import { card, heading, timeline, type Moment, type Tone } from '../pages/parts.ts'
import { plainText } from '../pages/plain-text.ts'
import type { AuditQuery } from './audit-query.ts'
import { auditForm, type IntegrationChoice } from './audit-form.ts'
import { frame, seesAll } from './frame.ts'
import { dayText } from './moments.ts'

const format = humanFormat(false)

export interface AuditView {
  readonly query: AuditQuery
  readonly records: Page<IndexedRecord>
  /** Not the newest ones. */
  readonly isLater: boolean
  readonly integrations: readonly IntegrationChoice[]
}

/** The records, newest first, one line each: `09:32:14 credential.issued agent:pr-reviewer -> github`. */
export function auditPage(signIn: BrowserSignIn, { query, records, isLater, integrations }: AuditView): Markup {
  const moments = records.items.flatMap((record) => momentOf(record) ?? [])
  const newest = isLater ? buttonLink({ label: 'Newest', href: auditAddress(query) }) : nothing
  const older = records.next === undefined ? nothing : buttonLink({ label: 'Older', href: auditAddress(query, records.next) })
  const lead = seesAll(signIn) ? 'Every approval, every credential, every call; newest first, times in UTC.' : 'What was done on your behalf; newest first, times in UTC.'
  return page({
    title: 'Audit', width: 'wide', ...frame(signIn, '/audit'),
    body: html`${heading('Audit', lead)}${auditForm(query, seesAll(signIn), integrations)}
${moments.length === 0 ? card({ body: html`<p class="empty">Nothing like this is on record.</p>` }) : byDay(moments)}
<p class="actions">${newest}${older}</p>`,
  })
}

function byDay(moments: readonly Moment[]): Markup {
  const days = Map.groupBy(moments, ({ iso }) => iso.slice(0, 10))
  return html`${[...days].map(([day, those]) => card({ title: dayText(day), body: timeline(`Audit of ${dayText(day)}`, those) }))}`
}

function momentOf({ line }: IndexedRecord): Moment | undefined {
  const record = parseRecord(line)
  if (record === undefined) return undefined
  // The same words as in the terminal; time and event stand in columns of their own here.
  const rest = format(record).split(' ').slice(2).join(' ')
  return { iso: record.ts, time: record.ts.slice(11, 19), event: plainText(record.event, 60), tone: toneOf(record.fields['outcome']), body: plainText(rest, 600) }
}

function toneOf(outcome: unknown): Tone {
  return outcome === 'ok' || outcome === undefined ? 'good' : outcome === 'denied' ? 'bad' : 'warn'
}

function auditAddress(query: AuditQuery, after?: string): string {
  const search = new URLSearchParams({ ...query, ...(after !== undefined && { after }) }).toString()
  return search === '' ? '/audit' : `/audit?${search}`
}
