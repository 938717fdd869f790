import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { AgentView } from '../../authority/admin/wire/agent.ts'
import { asApiError, type ApiError } from '../api/api-error.ts'
import type { Api } from '../api/client.ts'
import { Dialog } from '../parts/dialog.tsx'
import { Failure } from '../parts/failure.tsx'
import { Field } from '../parts/field.tsx'

/** Browsers read it with the flag `v`. */
const ID = /^[a-z0-9._\-]{1,63}$/v

/** What the form says, as typed. */
type Draft = Readonly<Record<'id' | 'name' | 'owner' | 'redirect_uris' | 'public_key' | 'spiffe_id' | 'subject' | 'service_account', string>>
const EMPTY: Draft = { id: '', name: '', owner: '', redirect_uris: '', public_key: '', spiffe_id: '', subject: '', service_account: '' }

/** Registers an agent. Nothing that was typed is lost where it is refused, and each wrong field says why. */
export function RegisterAgent({ api, onClose }: { readonly api: Api; onClose(made: AgentView | undefined): void }): JSX.Element {
  const [draft, setDraft] = useState(EMPTY)
  const [error, setError] = useState<ApiError>()
  const [isBusy, setBusy] = useState(false)
  const field = (name: keyof Draft) => ({
    name, value: draft[name], problem: problemOf(error, name), onInput: (value: string) => { setDraft((before) => ({ ...before, [name]: value })) },
  })
  const submit = (event: SubmitEvent): void => {
    event.preventDefault()
    setBusy(true)
    api.post<AgentView>('/v1/agents', bodyOf(draft)).then(onClose, (failed: unknown) => { setBusy(false); setError(asApiError(failed)) })
  }
  return <Dialog title="Register an agent" onClose={() => { onClose(undefined) }}>
    <form class="stack" onSubmit={submit}>
      <Field {...field('id')} label="Id" hint="Small letters, digits, dots and dashes: pr-reviewer. It stands in policies and in the audit, and never changes." required pattern={ID.source} />
      <Field {...field('name')} label="Name" hint="As people read it when they are asked: PR Reviewer." />
      <Field {...field('owner')} label="Owner" hint="The team or person who answers for it." />
      <Field {...field('redirect_uris')} label="Redirect URIs" hint="One a line; where people are sent back to after they approved it. http only on 127.0.0.1 or [::1]." lines={2} />
      <details>
        <summary>How it proves who it is</summary>
        <div class="stack">
          <Field {...field('public_key')} label="Public key" hint="PEM: EC P-256, Ed25519, or RSA of at least 2048 bits. Without any proof it is a public client, and known by people’s approvals alone." lines={4} />
          <Field {...field('spiffe_id')} label="SPIFFE id" hint="spiffe://acme.com/agents/pr-reviewer, of its client certificate." />
          <Field {...field('subject')} label="Certificate subject" hint="CN=pr-reviewer,O=Acme" />
          <Field {...field('service_account')} label="Service account" hint="Kubernetes: namespace/name" />
        </div>
      </details>
      {error !== undefined && <Failure error={error} />}
      <div class="actions">
        <button type="submit" class="button-accent" disabled={isBusy}>Register</button>
        <button type="button" onClick={() => { onClose(undefined) }}>Cancel</button>
      </div>
    </form>
  </Dialog>
}

/** Empty fields are left out. Pure. */
function bodyOf({ id, redirect_uris: uris, ...rest }: Draft): object {
  const given = Object.fromEntries(Object.entries(rest).filter(([, value]) => value.trim() !== '').map(([name, value]) => [name, value.trim()]))
  const list = uris.split('\n').map((line) => line.trim()).filter((line) => line !== '')
  return { id: `agent:${id.trim().replace(/^agent:/, '')}`, ...given, ...(list.length === 0 ? {} : { redirect_uris: list }) }
}

function problemOf(error: ApiError | undefined, name: string): string | undefined {
  return error?.fields.find(({ field }) => field === name || field.startsWith(`${name}.`))?.problem
}
