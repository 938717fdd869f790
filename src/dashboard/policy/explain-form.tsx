import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { AgentView } from '../../authority/admin/wire/agent.ts'
import type { ExplanationView } from '../../authority/admin/wire/explanation.ts'
import { asApiError, type ApiError } from '../api/api-error.ts'
import type { Api } from '../api/client.ts'
import { readAll } from '../api/read-all.ts'
import { useResource } from '../api/use-resource.ts'
import { go, type Place } from '../app/router.ts'
import { Card } from '../parts/card.tsx'
import { Failure } from '../parts/failure.tsx'
import { Field } from '../parts/field.tsx'
import { ExplanationResult } from './explanation-result.tsx'
import { questionOf, readBody, type Question } from './question.ts'

/** Asks what a request would get, and why, by the policies in force. Nothing is sent, issued or counted. */
export function ExplainForm({ api, place }: { readonly api: Api; readonly place: Place }): JSX.Element {
  const agents = useResource('agents to explain', (signal) => readAll<AgentView>(api, '/v1/agents', { signal }))
  const [question, setQuestion] = useState(() => questionOf(place.query))
  const [told, setTold] = useState<ExplanationView>()
  const [error, setError] = useState<ApiError>()
  const [isBusy, setBusy] = useState(false)
  const change = (part: Partial<Question>): void => { setQuestion((before) => ({ ...before, ...part })) }
  const body = readBody(question.body)
  const submit = (event: SubmitEvent): void => {
    event.preventDefault()
    if (body.problem !== undefined) return
    setBusy(true)
    // The question stands in the address: it can be sent to a colleague. A body may hold anything, and does not.
    go(`/policy?${new URLSearchParams({ agent: question.agent, request: question.request, ...(question.person === '' ? {} : { person: question.person }) }).toString()}#explain`, { replace: true })
    api.post<ExplanationView>('/v1/policy/explain', orderOf(question, body.value)).then(
      (answer) => { setTold(answer); setError(undefined) },
      (failed: unknown) => { setTold(undefined); setError(asApiError(failed)) },
    ).finally(() => { setBusy(false) })
  }
  return <div id="explain"><Card title="Explain a request">
    <form class="stack" onSubmit={submit}>
      <div class="explain-fields">
        <div class="field"><label for="explain-agent">Agent</label>
          <select id="explain-agent" required value={question.agent} onChange={({ currentTarget }) => { change({ agent: currentTarget.value }) }}>
            <option value="">Choose …</option>
            {(agents.value ?? []).map(({ id, name }) => <option key={id} value={id}>{name} ({id})</option>)}
          </select>
        </div>
        <Field name="person" label="On behalf of" value={question.person} hint="alice@acme.com; nobody: the agent for itself" onInput={(person) => { change({ person }) }} />
      </div>
      <Field name="request" label="Request" required value={question.request} hint="GET https://api.github.com/repos/acme-corp/backend/pulls/42" onInput={(request) => { change({ request }) }} />
      <details><summary>With a body</summary>
        <Field name="body" label="Body" lines={4} value={question.body} hint='JSON: { "channel": "#general" }' problem={body.problem} onInput={(text) => { change({ body: text }) }} />
      </details>
      <div class="actions"><button type="submit" class="button-accent" disabled={isBusy}>Explain</button></div>
    </form>
    <div aria-live="polite" class="explained">
      {error !== undefined && <Failure error={error} />}
      {told !== undefined && <ExplanationResult told={told} />}
    </div>
  </Card></div>
}

function orderOf({ agent, request, person }: Question, body: object | undefined): object {
  return { agent, request: request.trim(), ...(person.trim() === '' ? {} : { person: `user:${person.trim().replace(/^user:/, '')}` }), ...(body === undefined ? {} : { body }) }
}
