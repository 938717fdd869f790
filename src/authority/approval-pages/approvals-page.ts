import type { Approval } from '../../store/ports/approvals.ts'
import { breakGlassDurationMs } from '../approvals/break-glass.ts'
import { durationWords } from '../consent/durations.ts'
import type { BrowserSignIn } from '../people/contract.ts'
import { button, buttonLink, postForm } from '../pages/form.ts'
import { page } from '../pages/layout.ts'
import { html, nothing, type Content, type Markup } from '../pages/markup.ts'
import { badge, card, facts, heading, notice, table, type Tone } from '../pages/parts.ts'
import { plainText } from '../pages/plain-text.ts'
import type { ApprovalPagesDeps } from './approval-pages-deps.ts'
import { frame, isOperator } from './frame.ts'
import { agoText, dateText, moment, untilText } from './moments.ts'

const STATES: Readonly<Record<Approval['state'], readonly [string, Tone]>> = {
  pending: ['waits', 'warn'], approved: ['approved', 'good'], denied: ['denied', 'bad'], expired: ['over', 'plain'],
}

/** What somebody says yes to is shown whole: longer questions are not put, and a character that is spelt out takes ten places. */
const WHOLE = 20_000

/** The questions that this person can see, the open ones first. */
export function approvalsPage(signIn: BrowserSignIn, approvals: readonly Approval[], mayAnswer: (approval: Approval) => boolean, nowMs: number): Markup {
  const [open, others] = [approvals.filter(({ state }) => state === 'pending'), approvals.filter(({ state }) => state !== 'pending')]
  return page({
    title: 'Approvals', width: 'wide', ...frame(signIn),
    body: html`${heading('Approvals', 'Some things agents do only after somebody has said yes.')}${card({
      body: table({
        caption: 'Questions', columns: ['What', 'Who asks', 'State', 'Asked', ''], empty: 'Nothing is asked, and nothing was.',
        rows: [...open, ...others].map((approval) => rowOf(approval, mayAnswer(approval), nowMs)),
      }),
    })}${isOperator(signIn) ? nothing : html`<p class="small muted">Something has to be stopped, and no operator is there? <a href="/break-glass">Ask for emergency access</a>.</p>`}`,
  })
}

function rowOf(approval: Approval, mayAnswer: boolean, nowMs: number): readonly Content[] {
  const { id, state, text, askedAtMs } = approval
  const open = state === 'pending' && mayAnswer
  return [
    html`<bdi>${plainText(text, 200)}</bdi>${approval.kind === 'break_glass' ? html`<br>${badge('emergency access', 'warn')}` : nothing}`,
    whoAsks(approval),
    badge(...STATES[state]),
    moment(askedAtMs, agoText(askedAtMs, nowMs)),
    buttonLink({ label: open ? 'Answer' : 'Look at it', about: plainText(text, 60), href: `/approvals/${id}`, size: 'small', ...(open && { tone: 'accent' }) }),
  ]
}

/** One question, with both answers of equal weight. */
export function approvalPage(signIn: BrowserSignIn, approval: Approval, mayAnswer: boolean, nowMs: number, words: ApprovalPagesDeps['words']): Markup {
  const { id, state, kind } = approval
  const asked = state === 'pending' && mayAnswer
  const title = kind === 'break_glass' ? 'Somebody asks for emergency access' : 'An agent asks for your approval'
  const lead = kind === 'break_glass'
    ? 'They would be an operator for a while: they could revoke agents and answer for others. Everything they do so stands in the audit.'
    : 'If you approve, it may do just this, for a while, whatever it sends along. If you deny or do not answer, it cannot.'
  return page({
    title, width: 'reading', ...frame(signIn),
    body: html`${heading(title, asked ? lead : undefined)}
${card({ body: facts(factsOf(approval, nowMs, words)), foot: asked ? answers(id, signIn.csrf) : undefined })}
${asked ? nothing : html`${notice(...remarkOf(approval))}<p>${buttonLink({ label: 'All questions', href: '/approvals' })}</p>`}`,
  })
}

function answers(id: string, csrf: string): Markup {
  return postForm({
    action: `/approvals/${id}`, csrf, className: 'actions actions-even',
    body: html`${button({ label: 'Deny', tone: 'strong', name: 'answer', value: 'denied' })}${button({ label: 'Approve', tone: 'accent', name: 'answer', value: 'approved' })}`,
  })
}

function remarkOf({ state, answeredBy, validUntilMs }: Approval): readonly [Tone, string, (string | undefined)?] {
  const by = plainText(answeredBy?.replace(/^user:/, '') ?? 'somebody')
  switch (state) {
    case 'pending': return ['plain', 'It waits for somebody else', 'This question is not yours to answer.']
    case 'approved': return ['good', `Approved by ${by}`, validUntilMs === undefined ? undefined : `It holds until ${dateText(validUntilMs)}.`]
    case 'denied': return ['bad', `Denied by ${by}`]
    case 'expired': return ['plain', 'It is over', answeredBy === undefined ? 'Nobody answered in time, or it was taken back.' : `It was approved by ${by}, for a while.`]
  }
}

function factsOf(approval: Approval, nowMs: number, words: ApprovalPagesDeps['words']): readonly (readonly [string, Content])[] {
  const { text, integration, operation, targets, rule, answerByMs, person, askedAtMs, kind } = approval
  const optional = (term: string, value: string | undefined): readonly (readonly [string, Content])[] =>
    (value === undefined || value === '' ? [] : [[term, html`<bdi>${plainText(value, WHOLE)}</bdi>`]])
  const lent = kind === 'break_glass'
  return [
    ['Who asks', whoAsks(approval)],
    [lent ? 'Reason' : 'What', lent ? html`<bdi>${plainText(text, WHOLE)}</bdi>` : html`<code><bdi>${plainText(text, WHOLE)}</bdi></code>`],
    ...(lent ? [['For how long', durationWords(breakGlassDurationMs(operation))] as const] : [
      ...optional('On behalf of', person?.slice('user:'.length)), ...optional('Where', integration === undefined ? undefined : words.get(integration)?.words.title ?? plainText(integration)), ...optional('Operation', operation),
      ...optional('On', targets.join(', ')), ...optional('Rule', rule),
    ]),
    ['Asked', moment(askedAtMs)],
    ...(approval.state === 'pending' ? [['To be answered', moment(answerByMs, untilText(answerByMs, nowMs))] as const] : []),
  ]
}

function whoAsks({ agent, person }: Approval): Markup {
  return agent === undefined ? html`<bdi>${plainText(person?.slice('user:'.length) ?? 'unknown')}</bdi>` : html`<code>${plainText(agent)}</code>`
}
