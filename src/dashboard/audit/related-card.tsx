import type { JSX } from 'preact'
import { Link } from '../app/link.tsx'
import type { Api } from '../api/client.ts'
import { useResource } from '../api/use-resource.ts'
import { Card } from '../parts/card.tsx'
import { Facts } from '../parts/facts.tsx'
import { Failure } from '../parts/failure.tsx'
import { plainText } from '../parts/plain-text.ts'
import { placeOf } from './audit-filter.ts'
import type { AuditRecord } from './audit-record.ts'
import { clockText } from './moment-text.ts'
import type { Entry } from './record-source.ts'
import { rowWords } from './record-words.ts'
import { readRelated } from './related.ts'
import { recordHref } from './timeline-row.tsx'

/** What belongs to the same call, credential, run and delegation. */
export function RelatedCard({ api, record, chain }: { readonly api: Api; readonly record: AuditRecord; readonly chain: string }): JSX.Element | null {
  const { exchange, credential, delegation, session } = record
  const { value, error, reload } = useResource(`related ${chain} ${record.seq}`, (signal) => readRelated(api, record, signal))
  if ([exchange, credential, delegation, session].every((id) => id === undefined)) return null
  return <Card title="Related">
    {error !== undefined && <Failure error={error} retry={reload} />}
    <Facts rows={[
      exchange === undefined ? undefined : ['Same call', entryLinks(value?.call)],
      credential === undefined ? undefined : ['Same credential', <><code>{plainText(credential)}</code>{entryLinks(value?.credential)}</>],
      session === undefined ? undefined : ['Same run', <Link key="run" href={placeOf({ session })}>All records of <code>{plainText(session)}</code></Link>],
      delegation === undefined ? undefined : ['Same delegation', <Link key="delegation" href={placeOf({ delegation })}>All records of <code>{plainText(delegation)}</code></Link>],
    ]} />
  </Card>
}

const MOST = 20

function entryLinks(entries: readonly Entry[] | undefined): JSX.Element {
  if (entries === undefined) return <span class="muted">Looking …</span>
  if (entries.length === 0) return <span class="muted"> no other within a quarter of an hour</span>
  return <ul>{entries.slice(0, MOST).map((entry) => {
    const { what, ended } = rowWords(entry.record)
    return <li key={entry.record.id}><Link href={recordHref(entry)}>{clockText(entry.record.ts)} {plainText(entry.record.event)}</Link> <bdi>{plainText(what)}</bdi> <span class="muted">{plainText(ended)}</span></li>
  })}{entries.length > MOST && <li class="muted">and {entries.length - MOST} more</li>}</ul>
}
