import type { Approval } from '../../store/ports/approvals.ts'
import type { BrowserSignIn } from '../people/contract.ts'
import { button, buttonLink, postForm } from '../pages/form.ts'
import { page } from '../pages/layout.ts'
import { html, nothing, type Markup } from '../pages/markup.ts'
import { badge, card, facts, heading, notice, table, type Tone } from '../pages/parts.ts'
import { plainText } from '../pages/plain-text.ts'
import { frame } from './frame.ts'
import { agoText, untilText } from './moments.ts'

const STATES: Readonly<Record<Approval['state'], readonly [string, Tone]>> = {
  pending: ['waits', 'warn'], approved: ['approved', 'good'], denied: ['denied', 'bad'], expired: ['not answered in time, or over', 'plain'],
}

/** The questions that this person can see, the open ones first. */
export function approvalsPage(signIn: BrowserSignIn, approvals: readonly Approval[], nowMs: number): Markup {
  const open = approvals.filter(({ state }) => state === 'pending')
  const others = approvals.filter(({ state }) => state !== 'pending')
  return page({
    title: 'Approvals', width: 'wide', ...frame(signIn, '/approvals'),
    body: html`${heading('Approvals', 'Some things agents do only after somebody has said yes.')}${table({
      caption: 'Questions', columns: ['What', 'Who asks', 'State', 'Asked', ''], empty: 'Nothing is asked.',
      rows: [...open, ...others].map((approval) => [
        html`<code>${plainText(approval.text, 200)}</code>`,
        whoAsks(approval),
        badge(...STATES[approval.state]),
        agoText(approval.askedAtMs, nowMs),
        approval.state === 'pending' ? buttonLink({ label: 'Answer', href: `/approvals/${approval.id}`, size: 'small', tone: 'accent' }) : nothing,
      ]),
    })}`,
  })
}

/** One question, with both answers of equal weight. */
export function approvalPage(signIn: BrowserSignIn, approval: Approval, mayAnswer: boolean, nowMs: number): Markup {
  const { id, state, kind } = approval
  const answer = postForm({
    action: `/approvals/${id}`, csrf: signIn.csrf,
    body: html`<div class="actions">${button({ label: 'Deny', name: 'answer', value: 'denied' })}${button({ label: 'Approve', tone: 'strong', name: 'answer', value: 'approved' })}</div>`,
  })
  const title = kind === 'break_glass' ? 'Somebody asks for emergency access' : 'An agent asks for your approval'
  return page({
    title, width: 'reading', ...frame(signIn, '/approvals'),
    body: html`${heading(title, kind === 'break_glass'
      ? 'They would be an operator for a while: they could revoke agents and answer for others. Everything they do so stands in the audit.'
      : 'If you approve, it may do just this, for a while. If you deny or do not answer, it cannot.')}
${card({ body: facts(factsOf(approval, nowMs)), foot: state === 'pending' && mayAnswer ? answer : undefined })}
${state === 'pending' ? mayAnswer ? nothing : notice('plain', 'Somebody else has to answer this', 'It is not yours to answer.') : notice('plain', `This was answered or is over: ${STATES[state][0]}`)}`,
  })
}

function factsOf(approval: Approval, nowMs: number): readonly (readonly [string, string | Markup])[] {
  const { text, integration, operation, targets, rule, answerByMs, person, answeredBy } = approval
  const optional = (term: string, value: string | undefined): readonly (readonly [string, string])[] => (value === undefined ? [] : [[term, plainText(value, 300)]])
  return [
    ['Who asks', whoAsks(approval)],
    [approval.kind === 'break_glass' ? 'Reason' : 'What', html`<code>${plainText(text, 500)}</code>`],
    ...optional('For', person?.slice('user:'.length)),
    ...optional('Where', integration),
    ...optional('Operation', operation),
    ...optional('On', targets.length === 0 ? undefined : targets.join(', ')),
    ...optional('Asked for by rule', rule),
    ...(approval.state === 'pending' ? [['To be answered', untilText(answerByMs, nowMs)] as const] : optional('Answered by', answeredBy)),
  ]
}

function whoAsks({ agent, person }: Approval): string {
  return plainText(agent ?? person ?? 'unknown')
}
