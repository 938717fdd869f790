import type { JSX } from 'preact'
import { Link } from '../app/link.tsx'
import { Card } from '../parts/card.tsx'
import { Chips } from '../parts/chips.tsx'
import { Facts } from '../parts/facts.tsx'
import { Layers } from '../parts/layers.tsx'
import { plainText } from '../parts/plain-text.ts'
import { Told } from '../parts/told.tsx'
import { policyPlace } from '../policy/policy-place.ts'
import type { AuditRecord, Named } from './audit-record.ts'
import { layersOf } from './decided-layers.ts'
import { exactText } from './moment-text.ts'
import { EVENT_WORDS, latencyText } from './record-words.ts'

/** Who, when, and how it ended. */
export function HappenedCard({ record, chain }: { readonly record: AuditRecord; readonly chain: string }): JSX.Element {
  const { ts, event, agent, user, via, by, identifiedBy, outcome, code, count, reason, connection, approval, id, seq } = record
  return <Card title="What happened">
    <Facts rows={[
      ['When', <time key="at" dateTime={ts}>{exactText(ts)} <span class="muted small">({ts})</span></time>],
      ['Event', <><code>{plainText(event)}</code>{EVENT_WORDS[event] !== undefined && `: ${EVENT_WORDS[event]}`}</>],
      agent === undefined ? undefined : ['Agent', nameAndId(agent)],
      user === undefined ? undefined : ['For', nameAndId(user)],
      row('Through', via), row('By', by), row('Identified by', identifiedBy),
      ['Outcome', <>{plainText(outcome ?? 'not told')}{code !== undefined && <>, <code>{plainText(code)}</code></>}</>],
      row('Reason', reason, 1100),
      count === undefined ? undefined : ['Stands for', `${count} of the same`],
      row('Connection', connection), row('Approval', approval),
      ['Record', <code key="id">{plainText(id)}, number {seq} of {plainText(chain)}</code>],
    ]} />
  </Card>
}

/** What each layer said, and the rule that decided, with its place in its file. */
export function DecisionCard({ record, seesPolicy }: { readonly record: AuditRecord; readonly seesPolicy: boolean }): JSX.Element | null {
  const { layers, rule, ruleAt, decision, policyHash } = record
  if (layers === undefined && rule === undefined) return null
  const place = ruleAt === undefined || !seesPolicy ? undefined : placeOfRule(ruleAt)
  return <Card title="Why">
    <div class="stack">
      {layers !== undefined && <Layers {...layersOf(record)} />}
      <Facts rows={[
        rule === undefined ? undefined : ['Deciding rule', <code key="rule">{plainText(rule)}</code>],
        ruleAt === undefined ? undefined : ['Where', place === undefined ? <code>{plainText(ruleAt)}</code> : <Link href={policyPlace(place.file, place.line)}><code>{plainText(ruleAt)}</code></Link>],
        row('Decision', decision),
        policyHash === undefined ? undefined : ['Policies in force', <code key="hash">{plainText(policyHash)}</code>],
      ]} />
    </div>
  </Card>
}

/** How little was given: scopes, targets, time, and who keeps it so. */
export function NarrowingCard({ record }: { readonly record: AuditRecord }): JSX.Element | null {
  const { scopes, target, expiresIn, upstreamExpiresAt, narrowedBy, lifetime, access } = record
  if ([scopes, target, expiresIn, upstreamExpiresAt, narrowedBy, lifetime].every((value) => value === undefined)) return null
  return <Card title="Narrowing">
    <Facts rows={[
      scopes === undefined ? undefined : ['Scopes', <Chips key="scopes" texts={scopes.map((scope) => plainText(scope))} />],
      target === undefined ? undefined : ['Target', target === '?' ? 'could not be told from the request' : <Told text={target} maxLength={600} />],
      row('Access', access), row('Good for', expiresIn),
      upstreamExpiresAt === undefined ? undefined : ['Ends upstream', <time key="end" dateTime={upstreamExpiresAt}>{plainText(upstreamExpiresAt)}</time>],
      narrowedBy === undefined ? undefined : ['Kept narrow by', narrowedBy === 'upstream' ? 'the upstream: the credential itself can do no more' : 'the proxy: the credential could do more, each call is judged'],
      lifetime === undefined ? undefined : ['Lifetime', lifetime === 'static' ? 'static: it ends only when it is revoked or rotated' : plainText(lifetime)],
    ]} />
  </Card>
}

/** The call as it was judged. */
export function RequestCard({ record }: { readonly record: AuditRecord }): JSX.Element | null {
  const { http, integration, operation, traceId } = record
  if (http === undefined && operation === undefined) return null
  const bytes = (count: number | undefined): string | undefined => (count === undefined ? undefined : `${count.toLocaleString('en')} bytes`)
  return <Card title="Request">
    <Facts rows={[
      http === undefined ? undefined : ['Request', <code key="call"><bdi>{plainText(`${http.method} ${http.path ?? ''}`, 2100)}</bdi></code>],
      row('Host', http?.host), row('Integration', integration), row('Operation', operation, 600),
      http?.status === undefined ? undefined : ['Status', http.status],
      http?.durationMs === undefined ? undefined : ['Took', latencyText(http.durationMs)],
      row('Sent', bytes(http?.bytesIn)), row('Received', bytes(http?.bytesOut)), row('Trace', traceId),
    ]} />
  </Card>
}

function row(term: string, value: string | undefined, maxLength = 300): readonly [string, JSX.Element] | undefined {
  return value === undefined ? undefined : [term, <Told key={term} text={value} maxLength={maxLength} />]
}

function nameAndId({ id, name }: Named): JSX.Element {
  return <>{name !== undefined && <><Told text={name} /> </>}<code class="muted"><bdi>{plainText(id)}</bdi></code></>
}

/** `policies/org.yaml:12`. */
function placeOfRule(at: string): { readonly file: string; readonly line: number } | undefined {
  const [, file, line] = /^(.+):(\d+)$/.exec(at) ?? []
  return file === undefined || line === undefined ? undefined : { file, line: Number(line) }
}
