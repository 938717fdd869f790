import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import type { PageProps } from '../app/page-props.ts'
import { Link } from '../app/link.tsx'
import { seesAll } from '../api/me.ts'
import { useResource } from '../api/use-resource.ts'
import { Badge } from '../parts/badge.tsx'
import { Card } from '../parts/card.tsx'
import { Failure } from '../parts/failure.tsx'
import { Heading } from '../parts/heading.tsx'
import { Loading } from '../parts/loading.tsx'
import { plainText } from '../parts/plain-text.ts'
import '../style/audit.css'
import { readRecord } from './audit-record.ts'
import { forgetList, timelineHref } from './kept-list.ts'
import { ProofCard } from './proof-card.tsx'
import { DecisionCard, HappenedCard, NarrowingCard, RequestCard } from './record-cards.tsx'
import { rowWords, sentenceOf } from './record-words.ts'
import { RelatedCard } from './related-card.tsx'
import type { ProvenRecord } from './verify-proof.ts'

/** A checkpoint follows within ten seconds. */
const UNSIGNED_EVERY_MS = 5_000

/** One record, all of it: what happened, why, how narrow, what belongs to it, and that it stands in its chain. */
export function RecordPage({ api, me, chain, seq }: PageProps & { readonly chain: string; readonly seq: string }): JSX.Element {
  const [isUnsigned, setUnsigned] = useState(false)
  const path = `/v1/audit/records/${encodeURIComponent(chain)}/${encodeURIComponent(seq)}`
  const { value, error, reload } = useResource(path, (signal) => api.get<ProvenRecord>(path, { signal }), isUnsigned ? { everyMs: UNSIGNED_EVERY_MS } : {})
  const state = value?.proof.state
  useEffect(() => { setUnsigned(state === 'not_signed_yet') }, [state])
  // Whoever goes on to another page than the timeline or another record does not come back to its place.
  useEffect(() => () => { if (!location.pathname.startsWith('/audit')) forgetList() }, [])
  const back = <p><Link href={timelineHref()}>Back to the timeline</Link></p>
  if (value === undefined) return <>{back}<Heading title="Audit record" />{error === undefined ? <Loading what="the record" /> : <Failure error={error} retry={reload} />}</>
  const record = readRecord(value.record)
  if (record === undefined) return <>{back}<Heading title="Audit record" /><p>This is no record that this page can show.</p></>
  const { tone } = rowWords(record)
  return <>
    {back}
    <Heading title={<>{plainText(record.event)} <Badge tone={record.outcome === 'ok' ? 'good' : tone}>{plainText(record.outcome ?? 'no outcome')}</Badge></>} />
    <p class="record-sentence"><bdi>{plainText(sentenceOf(record), 1500)}</bdi></p>
    {error !== undefined && <Failure error={error} retry={reload} />}
    <HappenedCard record={record} chain={chain} />
    <DecisionCard record={record} seesPolicy={seesAll(me)} />
    <NarrowingCard record={record} />
    <RequestCard record={record} />
    <RelatedCard api={api} record={record} chain={chain} />
    <ProofCard proven={value} isWhole={seesAll(me)} chain={chain} seq={Number(seq)} />
    <Card title="As it stands in the log">
      <pre class="record-json" tabIndex={0} aria-label="The record as JSON">{asciiJson(value.record)}</pre>
    </Card>
  </>
}

/** Indented, and in ASCII as in the log: nothing in it can look like something else. */
function asciiJson(record: unknown): string {
  return JSON.stringify(record, null, 2).replace(/[^\n\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
